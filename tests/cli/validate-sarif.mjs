// Is a log on standard input valid SARIF 2.1.0?
//
//   node validate-sarif.mjs     0 valid; 1 not, with a line for each mistake;
//                               77 the npm registry cannot be reached
//
// The schema of the standard and what validates it are installed below tests/.tools.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

// The first one ships the schema as its standard published it.
const PACKAGES = { '@microsoft/jest-sarif': '1.0.0-beta.0', ajv: '8.17.1', 'ajv-draft-04': '1.0.0', 'ajv-formats': '3.0.1' }

const tools = join(dirname(fileURLToPath(import.meta.url)), '../.tools/sarif')
if (!existsSync(tools)) {
  mkdirSync(dirname(tools), { recursive: true })
  const fresh = mkdtempSync(`${tools}-`)
  writeFileSync(join(fresh, 'package.json'), JSON.stringify({ private: true, dependencies: PACKAGES }))
  try {
    execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: fresh, stdio: 'pipe' })
    // Of two that install at once, the second one finds the folder there and drops its own.
    renameSync(fresh, tools)
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true })
    if (!existsSync(tools)) {
      console.error(`the npm registry cannot be reached: ${String(error.stderr ?? error).split('\n')[0]}`)
      process.exit(77)
    }
  }
}

const require = createRequire(join(tools, 'package.json'))
const path = join(tools, 'node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json')
const schema = JSON.parse(readFileSync(path, 'utf8'))
const ajv = new (require('ajv-draft-04').default)({ strict: false, allErrors: true, unicodeRegExp: false })
require('ajv-formats').default(ajv)
const validate = ajv.compile(schema)
if (!validate(JSON.parse(readFileSync(0, 'utf8')))) {
  for (const { instancePath, message } of validate.errors) console.error(`${instancePath} ${message}`)
  process.exit(1)
}
