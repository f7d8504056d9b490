/** Made by the bundler (esbuild.config.mjs): what a report's page carries with it. */
declare module 'kvmtop:page' {
  const assets: import('./page.ts').PageAssets;
  export default assets;
}
