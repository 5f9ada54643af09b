// Do the entries of an expected.toml still lie where they say? After an edit of a project:
//   node tests/projects/expected.mjs fixtures/projects/shop-ts
// Every `text` must stand on its `line`, every rule must be one of the six, no finding may be
// listed twice, and none may also be listed as clean.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const RULES = ['n-plus-one', 'missing-index', 'missing-transaction', 'unfiltered-write', 'unbounded-query', 'lost-update', 'check-then-act', 'missing-timeout', 'unchecked-response', 'missing-retry', 'leaked-timer', 'connection-per-call', 'missing-connection-release', 'leading-wildcard', 'byte-slice-of-str', 'lock-across-await']
const dir = process.argv[2]
if (!dir) {
  console.error('usage: expected.mjs PROJECT_DIR')
  process.exit(2)
}

const problems = []
const entries = parse(readFileSync(join(dir, 'expected.toml'), 'utf8'))
const seen = new Map()

for (const entry of entries) {
  const name = `${entry.rule} at ${entry.path}:${entry.line}`
  if (!RULES.includes(entry.rule)) problems.push(`${name}: unknown rule`)
  const lines = readFileSync(join(dir, entry.path), 'utf8').split('\n')
  const line = lines[entry.line - 1]
  if (line === undefined || !line.includes(entry.text)) problems.push(`${name}: the line does not hold ${entry.text}`)
  if (entry.end_line !== undefined && (entry.end_line <= entry.line || entry.end_line > lines.length)) {
    problems.push(`${name}: end_line ${entry.end_line} is out of place`)
  }
  if (!entry.why) problems.push(`${name}: says no why`)
  if (seen.has(name)) problems.push(`${name}: listed as ${seen.get(name)} and as ${entry.kind}`)
  seen.set(name, entry.kind)
}

for (const problem of problems) console.error(problem)
const count = (kind) => entries.filter((entry) => entry.kind === kind).length
console.log(`${dir}: ${count('finding')} findings, ${count('clean')} near misses, ${problems.length} problems`)
process.exit(problems.length === 0 ? 0 : 1)

// The files are a flat list of tables whose values are integers and basic strings.
function parse(text) {
  const tables = []
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) continue
    const header = /^\[\[(finding|clean)\]\]$/.exec(line)
    if (header) {
      tables.push({ kind: header[1] })
      continue
    }
    const pair = /^(\w+) = (\d+|".*")$/.exec(line)
    if (!pair || tables.length === 0) {
      console.error(`expected.toml:${index + 1}: cannot read ${line}`)
      process.exit(1)
    }
    tables.at(-1)[pair[1]] = JSON.parse(pair[2])
  }
  return tables
}
