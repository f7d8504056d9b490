/** Made by the bundler (esbuild.config.mjs): what a page carries with it. */
declare module 'kvmtop:page' {
  const assets: import('./document.ts').PageAssets;
  export default assets;
}
