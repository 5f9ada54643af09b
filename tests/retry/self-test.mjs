// Does the harness tell right from wrong? Runs the samples and compares what they fail in.
//   node tests/retry/self-test.mjs [--no-rust]
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const HERE = dirname(fileURLToPath(import.meta.url))
const SAMPLES = [
  { file: 'correct.ts', fails: [] },
  { file: 'shop-helper.ts', fails: [] },
  {
    file: 'wrong.ts',
    fails: ['permanent-failure', 'retry-after-429', 'retry-after-503', 'abort-while-waiting', 'abort-while-requesting'],
  },
  { file: 'correct.rs', fails: [] },
  {
    file: 'wrong.rs',
    fails: [
      'transient-then-success',
      'permanent-failure',
      'retry-after-429',
      'retry-after-503',
      'abort-while-waiting',
      'abort-while-requesting',
    ],
  },
]

let failed = false
for (const { file, fails } of SAMPLES) {
  const rust = file.endsWith('.rs')
  if (rust && process.argv.includes('--no-rust')) continue

  const command = [join(HERE, 'run.mjs'), '--json', ...(rust ? ['--rust'] : []), join(HERE, 'samples', file)]
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' })
  if (status === 77) {
    console.error(stderr.trim())
    process.exit(77)
  }
  if (status !== 0 && status !== 1) {
    console.error(`${file}: the runner ended with ${status}: ${stderr.trim()}`)
    process.exit(1)
  }

  const found = JSON.parse(stdout).filter((result) => result.problems.length > 0).map((result) => result.name)
  const right = found.join() === fails.join() && status === (fails.length === 0 ? 0 : 1)
  if (!right) failed = true
  console.log(`${right ? 'ok  ' : 'FAIL'} ${file} fails in: ${found.join(', ') || 'nothing'}`)
}
process.exit(failed ? 1 : 0)
