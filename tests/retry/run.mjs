// Runs retry code for real and says whether it does what a retry must do.
//
//   node tests/retry/run.mjs MODULE.ts                 a module that exports `run(url, signal)`
//   node tests/retry/run.mjs --rust FILE.rs            a file with `pub async fn run(url: &str) -> Result<_, _>`
//     --scenario NAME                                  only this scenario (may be given again)
//     --dependency 'backon = "1"'                      a further dependency of the Rust file
//     --json                                           the results as JSON
//
// `run` makes its request through the code under test, throws (or is an `Err`) when that fails for
// good, and hands `signal` to it. In Rust an abort is the future being dropped.
//
// Exit status: 0 every check held; 1 one did not; 2 bad usage, or the code does not load;
// 77 npm's or cargo's registry cannot be reached.
import { parseArgs } from 'node:util'
import { SCENARIOS, play } from './scenarios.mjs'
import { loadModule } from './typescript.mjs'
import { buildCrate } from './rust.mjs'

function usage(message) {
  console.error(`${message}\nusage: run.mjs [--rust] [--scenario NAME]… [--dependency LINE]… [--json] FILE`)
  process.exit(2)
}

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rust: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    scenario: { type: 'string', multiple: true, default: [] },
    dependency: { type: 'string', multiple: true, default: [] },
  },
})
if (positionals.length !== 1) usage('one file is needed')
const unknown = options.scenario.find((name) => !SCENARIOS.some((scenario) => scenario.name === name))
if (unknown) usage(`there is no scenario ${unknown}: ${SCENARIOS.map((scenario) => scenario.name).join(', ')}`)

let subject
try {
  subject = options.rust ? buildCrate(positionals[0], options.dependency) : loadModule(positionals[0])
} catch (error) {
  console.error(`retry: ${error.message}`)
  process.exit(error.exitCode ?? 2)
}

const chosen = SCENARIOS.filter((scenario) => options.scenario.length === 0 || options.scenario.includes(scenario.name))
const results = []
for (const scenario of chosen) results.push(await play(scenario, subject.start))
subject.dispose?.()

if (options.json) {
  console.log(JSON.stringify(results, null, 2))
} else {
  for (const { name, problems, requests, milliseconds } of results) {
    const verdict = problems.length === 0 ? 'ok  ' : 'FAIL'
    console.log(`${verdict} ${name} (${requests} requests, ${milliseconds} ms)`)
    for (const problem of problems) console.log(`       ${problem}`)
  }
}
// Wrong code may still have timers or requests under way; they must not keep this process alive.
process.exit(results.every((result) => result.problems.length === 0) ? 0 : 1)
