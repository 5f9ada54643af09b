// Bundles the extension into dist/extension.js. `--production` leaves out the source map, `--watch` goes on.
import { context } from 'esbuild'

const bundle = await context({
  entryPoints: ['src/extension.ts'],
  outfile: 'dist/extension.js',
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  external: ['vscode'],
  minify: process.argv.includes('--production'),
  sourcemap: !process.argv.includes('--production'),
  logLevel: 'warning',
})
if (process.argv.includes('--watch')) {
  await bundle.watch()
} else {
  await bundle.rebuild()
  await bundle.dispose()
}
