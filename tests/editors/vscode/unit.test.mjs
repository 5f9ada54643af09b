// The parts of the extension that know nothing of an editor.

import assert from 'node:assert/strict'
import test from 'node:test'
import { findServer } from '../../../editors/vscode/src/find-server.ts'
import { OTHER, questionOf } from '../../../editors/vscode/src/questions.ts'
import { readReport } from '../../../editors/vscode/src/report.ts'
import { MAX_RESTARTS, Restarts, WINDOW_MS } from '../../../editors/vscode/src/restarts.ts'

function around(programs, others = {}) {
  return {
    platform: 'linux',
    searchPath: 'bin:/usr/bin:/opt/bin',
    home: '/home/me',
    workspaceFolder: '/w',
    extensionFolder: '/ext',
    isProgram: (path) => programs.includes(path),
    ...others,
  }
}

test('the setting wins, then the program of the extension, then the PATH', () => {
  const all = ['/my/plimsoll', '/ext/server/plimsoll', '/opt/bin/plimsoll']
  assert.deepEqual(findServer('/my/plimsoll', around(all)), { program: '/my/plimsoll' })
  assert.deepEqual(findServer('', around(all)), { program: '/ext/server/plimsoll' })
  assert.deepEqual(findServer(' ', around(['/opt/bin/plimsoll'])), { program: '/opt/bin/plimsoll' })
  assert.match(findServer('', around([])).problem, /no program `plimsoll` on the PATH/)
})

test('a setting that leads nowhere is not passed over', () => {
  const { problem } = findServer('/gone/plimsoll', around(['/opt/bin/plimsoll']))
  assert.match(problem, /`plimsoll\.path` is `\/gone\/plimsoll`/)
  assert.match(findServer('other', around(['/opt/bin/plimsoll'])).problem, /`other` on the PATH/)
})

test('homes, workspaces and names are understood', () => {
  assert.deepEqual(findServer('~/x/plimsoll', around(['/home/me/x/plimsoll'])), { program: '/home/me/x/plimsoll' })
  assert.deepEqual(findServer('${workspaceFolder}/x', around(['/w/x'])), { program: '/w/x' })
  assert.deepEqual(findServer('./x', around(['/w/x'])), { program: '/w/x' })
  assert.match(findServer('./x', around(['/w/x'], { workspaceFolder: undefined })).problem, /relative/)
  assert.deepEqual(findServer('mine', around(['/usr/bin/mine'])), { program: '/usr/bin/mine' })
})

test('a folder of the PATH that is relative is passed over', () => {
  assert.ok('problem' in findServer('', around(['bin/plimsoll', '/w/bin/plimsoll'])))
})

test('on Windows programs end with .exe', () => {
  const windows = { platform: 'win32', searchPath: 'C:\\a;D:\\b', home: 'C:\\me', workspaceFolder: 'C:\\w', extensionFolder: 'C:\\ext' }
  assert.deepEqual(findServer('', around(['D:\\b\\plimsoll.exe'], windows)), { program: 'D:\\b\\plimsoll.exe' })
  assert.deepEqual(findServer('~/x/plimsoll', around(['C:\\me\\x\\plimsoll.exe'], windows)), { program: 'C:\\me\\x\\plimsoll.exe' })
  assert.deepEqual(findServer('', around(['C:\\ext\\server\\plimsoll.exe'], windows)), { program: 'C:\\ext\\server\\plimsoll.exe' })
})

test('a server that ends too often is given up, until that is long ago', () => {
  const restarts = new Restarts()
  for (let end = 1; end <= MAX_RESTARTS; end += 1) assert.ok(restarts.mayRestart(end))
  assert.ok(!restarts.mayRestart(MAX_RESTARTS + 1))
  assert.ok(restarts.mayRestart(2 * WINDOW_MS))
})

test('rules answer the question of their category, but for those that answer another', () => {
  assert.equal(questionOf('missing-index', 'database').id, 'reality')
  assert.equal(questionOf('lost-update', 'database').id, 'concurrency')
  assert.equal(questionOf('missing-timeout', 'resilience').id, 'neighbours')
  assert.equal(questionOf('leaked-timer', 'resources').id, 'cleanup')
  assert.equal(questionOf('floating-promise', 'errors').id, 'errors')
  assert.equal(questionOf('unused-suppression', 'suppression'), OTHER)
  assert.equal(questionOf('unknown', undefined), OTHER)
})

test('only a whole report of the known version is read', () => {
  assert.equal(readReport('{"version":1,"findings":[]}').version, 1)
  for (const text of ['', '{', 'null', '[]', '{"version":2}']) assert.equal(readReport(text), undefined)
})
