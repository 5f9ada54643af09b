// Loads a TypeScript or JavaScript module as it is: types are stripped, nothing is checked.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import Module, { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const SOURCES = ['.ts', '.tsx', '.mts', '.cts', '.js', '.jsx', '.mjs', '.cjs']

/** @returns `{ start }` for the scenarios. Throws when the module does not load or exports no `run`. */
export function loadModule(path) {
  const file = resolve(path)
  const nodeModules = packagesOfShop()
  const require = createRequire(join(nodeModules, 'any.js'))
  compileSourcesWith(require('typescript'))
  // What the module imports from packages and does not have beside it comes from those of the shop.
  process.env.NODE_PATH = nodeModules
  Module._initPaths()

  const { run } = createRequire(file)(file)
  if (typeof run !== 'function') throw new Error(`${path} exports no function \`run\``)
  process.on('unhandledRejection', () => {})
  return { start: (options) => start(run, options) }
}

function packagesOfShop() {
  const script = join(ROOT, 'tests', 'projects', 'shop-ts.sh')
  try {
    return execFileSync(script, ['--node-modules', join(ROOT, 'fixtures', 'projects', 'shop-ts')], { encoding: 'utf8' }).trim()
  } catch (error) {
    throw Object.assign(new Error('the packages of shop-ts are not there'), { exitCode: error.status === 77 ? 77 : 2 })
  }
}

function compileSourcesWith(typescript) {
  const extensions = Module._extensions
  const asItIs = extensions['.js']
  for (const extension of SOURCES) {
    extensions[extension] = (module, filename) => {
      if (filename.includes('/node_modules/')) return asItIs(module, filename)
      const { outputText, diagnostics } = typescript.transpileModule(readFileSync(filename, 'utf8'), {
        fileName: filename,
        reportDiagnostics: true,
        compilerOptions: {
          module: typescript.ModuleKind.CommonJS,
          target: typescript.ScriptTarget.ES2022,
          jsx: typescript.JsxEmit.ReactJSX,
          esModuleInterop: true,
          inlineSourceMap: true,
        },
      })
      const [problem] = diagnostics
      if (problem) throw new Error(`${filename}: ${typescript.flattenDiagnosticMessageText(problem.messageText, ' ')}`)
      module._compile(outputText, filename)
    }
  }
}

function start(run, { url, abortAfterMs }) {
  const controller = new AbortController()
  let abortedAt
  const timer =
    abortAfterMs === undefined
      ? undefined
      : setTimeout(() => {
          abortedAt = performance.now()
          controller.abort()
        }, abortAfterMs)

  const sinceAbort = () => (abortedAt === undefined ? Infinity : performance.now() - abortedAt)
  const ended = (async () => run(url, controller.signal))()
    .then(
      () => ({ outcome: 'success', sinceAbort: sinceAbort() }),
      (error) => ({ outcome: 'failure', sinceAbort: sinceAbort(), error: String(error) }),
    )
    .finally(() => clearTimeout(timer))
  return { ended }
}
