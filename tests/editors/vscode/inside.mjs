// Runs the tests of in-editor/ inside of VS Code, in a copy of the sample project.
//   node inside.mjs TOOLS VSIX PROGRAM

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { copySample } from './sample.mjs'
import { VsCode } from './vscode.mjs'

const [tools, vsix, program] = process.argv.slice(2)
const here = import.meta.dirname
const folder = await mkdtemp(path.join(tmpdir(), 'plimsoll-inside-'))
const project = path.join(folder, 'a project')
const original = path.join(folder, 'original')
const results = path.join(folder, 'results')
await copySample(project)
await copySample(original)
await writeFile(results, '')
const environment = {
  PLIMSOLL_TEST_PROGRAM: program,
  PLIMSOLL_TEST_ORIGINAL: original,
  PLIMSOLL_TEST_RESULTS: results,
  PLIMSOLL_TEST_PUSHING: path.join(here, 'pushing.mjs'),
  PLIMSOLL_TEST_ONLY: process.env.PLIMSOLL_TEST_ONLY ?? '',
}
const vscode = await VsCode.start({ tools, vsix, machine: { 'plimsoll.path': program }, environment })
let code
try {
  code = await vscode.runInside(project, path.join(here, 'in-editor'), path.join(here, 'in-editor/index.js'))
} finally {
  await vscode.stop()
}
const told = (await readFile(results, 'utf8')).split('\n').filter(Boolean).map((line) => JSON.parse(line))
for (const { name, ms, error } of told) console.log(`${error ? 'FAIL' : 'ok  '} ${name} (${ms} ms)${error ? `\n${error}` : ''}`)
const failed = told.filter(({ error }) => error).length
console.log(`${told.length - failed} passed, ${failed} failed`)
if (code !== 0 || told.length === 0) {
  if (failed === 0) console.log(`VS Code ended the tests with ${code}: ${vscode.log}`)
  process.exitCode = 1
}
await rm(folder, { recursive: true, force: true })
