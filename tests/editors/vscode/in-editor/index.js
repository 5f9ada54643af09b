// Runs inside of VS Code's extension host, beside the packaged extension: each test is a function of tests.js.
// What became of each is written to the file that PLIMSOLL_TEST_RESULTS names.

const { appendFileSync } = require('node:fs')
const { reset } = require('./helpers.js')
const tests = require('./tests.js')

exports.run = async () => {
  const only = process.env.PLIMSOLL_TEST_ONLY
  let failed = 0
  for (const [name, test] of Object.entries(tests)) {
    if (only && !name.includes(only)) continue
    const begin = Date.now()
    const tell = (result) => appendFileSync(process.env.PLIMSOLL_TEST_RESULTS, JSON.stringify({ name, ms: Date.now() - begin, ...result }) + '\n')
    try {
      await reset()
      await test()
      tell({})
    } catch (error) {
      failed += 1
      tell({ error: error.stack ?? String(error) })
    }
  }
  if (failed > 0) throw new Error(`${failed} failed`)
}
