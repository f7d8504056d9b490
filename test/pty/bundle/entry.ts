/** A program of two halves for the bundle's test: one that needs Ink and one that must not load it. */
if (process.argv[2] === 'ink') await import('./drawn.tsx');
else console.log('plain');
