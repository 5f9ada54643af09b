// The tests that run inside of VS Code. They work on a copy of the sample project, one after the other.

const assert = require('node:assert/strict')
const { execFileSync } = require('node:child_process')
const vscode = require('vscode')
const {
  at, closeAll, edit, editorOf, extension, findings, isTraced, onDisk, original, program, rulesIn, serverIds, set, uriOf, until, write,
} = require('./helpers.js')

const CHAT = 'src/server/integrations/chat.ts'
const LOOKUP = 'src/server/orders/lookup.ts'
const STATUS = 'src/web/components/OrderStatus.tsx'

/** The titles of what is offered at a finding. */
async function actionsAt(uri, diagnostic) {
  return await vscode.commands.executeCommand('vscode.executeCodeActionProvider', uri, diagnostic.range, undefined, 20)
}

exports['the server starts and the status says so'] = async () => {
  await editorOf(CHAT)
  const api = await extension()
  await until('the server runs', () => api.serverState().kind === 'running')
  assert.equal(api.serverState().program, program)
  await until('the finding is counted', () => /\$\(plimsoll-mark\) Plimsoll [1-9]/.test(api.status()))
}

exports['a finding appears, and its quick fix is what is on the disk after it'] = async () => {
  const { document } = await editorOf(CHAT)
  const [finding] = await until('the finding', () => at(findings(document.uri), 'missing-timeout'))
  assert.equal(finding.source, 'plimsoll')
  assert.equal(finding.range.start.line, 7)
  assert.match(finding.message, /waits for minutes/)
  const actions = await actionsAt(document.uri, finding)
  const fix = actions.find((action) => action.edit && action.title.includes('time limit'))
  assert.ok(fix, `among ${actions.map((action) => action.title).join('; ')}`)
  assert.equal(fix.kind.value, 'quickfix')
  assert.ok(actions.some(({ title }) => /ignore/i.test(title)) && actions.some(({ title }) => title.startsWith('Explain')))
  assert.ok(await vscode.workspace.applyEdit(fix.edit))
  await until('no finding', () => rulesIn(document.uri).length === 0)
  assert.ok(await document.save())
  const last = "    body: JSON.stringify({ channel: '#shop', text }),\n"
  assert.equal(onDisk(CHAT), original(CHAT).replace(last, `${last}    signal: AbortSignal.timeout(10_000),\n`))
}

exports['findings go and come while somebody types'] = async () => {
  const { document } = await editorOf(CHAT)
  await until('the finding', () => rulesIn(document.uri).includes('missing-timeout'))
  await edit(document, "method: 'POST',", "method: 'POST', signal: AbortSignal.timeout(1_000),")
  await until('it goes', () => !rulesIn(document.uri).includes('missing-timeout'))
  await edit(document, "method: 'POST', signal: AbortSignal.timeout(1_000),", "method: 'POST',")
  await until('it comes again', () => rulesIn(document.uri).includes('missing-timeout'))
}

exports['settings reach the server: previews'] = async () => {
  const { document } = await editorOf(STATUS)
  await set('preview', true)
  await until('leaked-timer', () => rulesIn(document.uri).includes('leaked-timer'))
  await set('preview', undefined)
  await until('none', () => !rulesIn(document.uri).includes('leaked-timer'))
}

exports['settings reach the server: rules, files, overrides and models'] = async () => {
  const { document } = await editorOf(CHAT)
  const severity = () => at(findings(document.uri), 'missing-timeout')[0]?.severity
  await until('a warning', () => severity() === vscode.DiagnosticSeverity.Warning)
  await set('rules', { 'missing-timeout': 'error' })
  await until('an error', () => severity() === vscode.DiagnosticSeverity.Error)
  await set('rules', { 'missing-timeout': 'off' })
  await until('nothing', () => severity() === undefined)
  await set('rules', undefined)
  await until('a warning again', () => severity() === vscode.DiagnosticSeverity.Warning)

  await set('overrides', [{ paths: ['**/integrations/**'], rules: { 'missing-timeout': 'info' } }])
  await until('an information', () => severity() === vscode.DiagnosticSeverity.Information)
  await set('overrides', undefined)
  await until('a warning again', () => severity() === vscode.DiagnosticSeverity.Warning)

  await set('files', { exclude: ['**/integrations/**'] })
  await until('nothing', () => severity() === undefined)
  await set('files', undefined)
  await until('a warning again', () => severity() === vscode.DiagnosticSeverity.Warning)

  const text = "import { run } from '@acme/db'\nexport async function all(ids: string[]) {\n  for (const id of ids) await run(id)\n}\n"
  await write('src/server/acme.ts', text)
  const acme = await editorOf('src/server/acme.ts')
  await set('preview', true)
  await set('model', [{ package: '@acme/db', function: [{ name: 'run', effect: 'db.read', async: true }] }])
  await until('n-plus-one', () => rulesIn(acme.document.uri).includes('n-plus-one'))
  await set('model', undefined)
  await until('none', () => !rulesIn(acme.document.uri).includes('n-plus-one'))
}

exports['what the baseline holds is a hint that the audit does not count, or is not shown'] = async () => {
  execFileSync(program, ['check', '--write-baseline', '--fail-on', 'never'], { cwd: uriOf('').fsPath })
  await vscode.commands.executeCommand('plimsoll.restartServer')
  const { document } = await editorOf(CHAT)
  await until('the hint', () => findings(document.uri)[0]?.severity === vscode.DiagnosticSeverity.Hint)
  const api = await extension()
  await until('no count', () => api.status().endsWith(' 0') && api.audit().every(({ findings }) => findings.length === 0))
  await set('baseline', 'hide')
  await until('nothing', () => findings(document.uri).length === 0)
}

exports['a setting that is wrong is shown where it is wrong'] = async () => {
  await editorOf(CHAT)
  await write('plimsoll.toml', '[rules]\nmissing-timeoutt = "off"\n')
  const config = uriOf('plimsoll.toml')
  await until('the mistake', () => rulesIn(config).includes('configuration'))
  const api = await extension()
  const other = await until('it stands beside the questions', () => api.audit().find(({ question }) => question.id === 'other'))
  assert.deepEqual(other.findings.map(({ rule }) => rule), ['configuration'])
  await write('plimsoll.toml', '')
  await until('no mistake', () => rulesIn(config).length === 0)
}

exports['all safe fixes are applied to the active editor'] = async () => {
  await set('preview', true)
  const { document } = await editorOf(STATUS)
  await until('the finding', () => rulesIn(document.uri).includes('leaked-timer'))
  await until('no finding', async () => {
    // A slow machine has no time to prove it at first.
    await vscode.commands.executeCommand('plimsoll.fixAll')
    return !rulesIn(document.uri).includes('leaked-timer')
  })
  assert.ok(await document.save())
  const timer = '    setInterval(() => void refresh(), 5000)\n'
  const fixed = '    const interval = setInterval(() => void refresh(), 5000)\n    return () => clearInterval(interval)\n'
  assert.equal(onDisk(STATUS), original(STATUS).replace(timer, fixed))
}

exports['the lens above a function shows its finding'] = async () => {
  const { document } = await editorOf(LOOKUP)
  const [finding] = await until('the finding', () => at(findings(document.uri), 'missing-index'))
  const lenses = await until('a lens', async () => {
    const lenses = await vscode.commands.executeCommand('vscode.executeCodeLensProvider', document.uri, 20)
    return lenses.filter(({ command }) => command?.title.includes('missing-index'))
  })
  const { command } = lenses[0]
  assert.equal(command.title, '1 finding: missing-index')
  await vscode.commands.executeCommand(command.command, ...command.arguments)
  await until('the place is selected', () => vscode.window.activeTextEditor?.selection.isEqual(finding.range))
}

exports['related places point into the schema'] = async () => {
  const { document } = await editorOf(LOOKUP)
  const [finding] = await until('the finding', () => at(findings(document.uri), 'missing-index'))
  const [related] = finding.relatedInformation
  assert.ok(related.location.uri.path.endsWith('/prisma/schema.prisma'))
  assert.match(related.message, /Shipment/)
}

exports['a fix that writes another file writes it'] = async () => {
  const { document } = await editorOf(LOOKUP)
  const [finding] = await until('the finding', () => at(findings(document.uri), 'missing-index'))
  const actions = await actionsAt(document.uri, finding)
  const fix = actions.find((action) => action.edit && action.title.startsWith('Add an index'))
  assert.ok(fix, `among ${actions.map((action) => action.title).join('; ')}`)
  assert.ok(await vscode.workspace.applyEdit(fix.edit))
  await until('no finding', () => !rulesIn(document.uri).includes('missing-index'))
  await until('it is on the disk', () => /model Shipment \{[^}]*@@index\(\[trackingNumber\]\)/.test(onDisk('prisma/schema.prisma')))
}

exports['a rule is explained inside of the editor, from the quick fix, the code and the hover'] = async () => {
  const { document } = await editorOf(CHAT)
  const [finding] = await until('the finding', () => at(findings(document.uri), 'missing-timeout'))
  const isShown = () => vscode.window.tabGroups.activeTabGroup.activeTab?.input
  const isPage = () => isShown()?.viewType === 'vscode.markdown.preview.editor' && isShown().uri.toString() === 'plimsoll-rule:/missing-timeout.md'

  const actions = await actionsAt(document.uri, finding)
  const { command } = actions.find(({ title }) => title.startsWith('Explain'))
  await vscode.commands.executeCommand(command.command, ...command.arguments)
  await until('the page', isPage)
  const page = await vscode.workspace.openTextDocument(isShown().uri)
  assert.match(page.getText(), /^# missing-timeout\n/)
  assert.match(page.getText(), /## What happens/)

  await editorOf(CHAT)
  await until('the code again', () => !isPage())
  await vscode.commands.executeCommand('vscode.open', finding.code.target)
  await until('the page', isPage)

  await editorOf(CHAT)
  const hovers = await vscode.commands.executeCommand('vscode.executeHoverProvider', document.uri, finding.range.start)
  const text = hovers.flatMap(({ contents }) => contents).map((content) => content.value).join('\n')
  const [, args] = /command:plimsoll\.explain\?([^)\s]+)/.exec(text) ?? assert.fail(text)
  assert.doesNotMatch(text, /plimsoll\.dev/)
  await vscode.commands.executeCommand('plimsoll.explain', ...JSON.parse(decodeURIComponent(args)))
  await until('the page', isPage)
}

exports['the audit asks its questions, and counts the findings of each'] = async () => {
  await set('preview', true)
  const files = [CHAT, LOOKUP, STATUS, 'src/server/inventory/stock.ts']
  for (const file of files) await editorOf(file)
  const api = await extension()
  const answers = () => Object.fromEntries(api.audit().map(({ question, findings }) => [question.id, [...new Set(findings.map(({ rule }) => rule))].sort()]))
  await until('findings of each file', () => files.every((file) => findings(uriOf(file)).length > 0))
  await until('all that races', () => answers().concurrency.length === 2)
  const told = answers()
  assert.deepEqual(Object.keys(told), ['errors', 'cleanup', 'neighbours', 'concurrency', 'reality'])
  assert.deepEqual(told.errors, [])
  assert.deepEqual(told.cleanup, ['leaked-timer'])
  assert.ok(told.neighbours.includes('missing-timeout'))
  assert.deepEqual(told.concurrency, ['lost-update', 'overlapping-interval'])
  assert.ok(told.reality.includes('missing-index'))
  await set('preview', undefined)
  await until('fewer', () => answers().cleanup.length === 0 && answers().concurrency.join() === 'lost-update')
}

exports['what an assistant writes to a document without a tab is shown'] = async () => {
  const document = await vscode.workspace.openTextDocument(uriOf('src/server/startup.ts'))
  const text = "export const ping = async () => fetch('https://status.example.com')\n"
  const change = new vscode.WorkspaceEdit()
  change.insert(document.uri, new vscode.Position(document.lineCount, 0), text)
  await vscode.workspace.applyEdit(change)
  await until('the finding', () => at(findings(document.uri), 'missing-timeout').length > 0)
  assert.equal(vscode.window.activeTextEditor, undefined)
}

exports['a document that was never saved is reviewed'] = async () => {
  await set('preview', true)
  const content = "import { useEffect } from 'react'\nexport function Clock() {\n  useEffect(() => {\n    setInterval(() => console.log('tick'), 1000)\n  }, [])\n  return null\n}\n"
  const document = await vscode.workspace.openTextDocument({ language: 'typescriptreact', content })
  await vscode.window.showTextDocument(document)
  await until('the finding', () => rulesIn(document.uri).includes('leaked-timer'))
  await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor')
  await until('none', () => rulesIn(document.uri).length === 0)
}

exports['what is written to a file that is not open is shown for the workspace'] = async () => {
  await editorOf(LOOKUP)
  const file = 'src/server/written.ts'
  const text = onDisk(CHAT)
  await write(file, text)
  await until('the finding', () => rulesIn(uriOf(file)).includes('missing-timeout'))
  await write(file, text.replace("method: 'POST',", "method: 'POST', signal: AbortSignal.timeout(1_000),"))
  await until('none', () => rulesIn(uriOf(file)).length === 0)
}

exports['the findings of a document go with it'] = async () => {
  const { document } = await editorOf(CHAT)
  await until('the finding', () => rulesIn(document.uri).length === 1)
  await vscode.commands.executeCommand('plimsoll.restartServer')
  await until('the finding', () => rulesIn(document.uri).length === 1)
  await closeAll()
  await until('none', () => rulesIn(document.uri).length === 0)
}

exports['the check of the workspace shows what is in files that are not open, once'] = async () => {
  // A new server follows no file that has changed before.
  await vscode.commands.executeCommand('plimsoll.restartServer')
  await until('nothing', () => rulesIn(uriOf(CHAT)).length === 0)
  await vscode.commands.executeCommand('plimsoll.checkWorkspace')
  await until('the finding', () => rulesIn(uriOf(CHAT)).includes('missing-timeout'))
  const told = vscode.languages.getDiagnostics().flatMap(([, list]) => list).filter(({ source }) => source === 'plimsoll')
  const reported = JSON.parse(execFileSync(program, ['check', '--format', 'json', '--fail-on', 'never'], { cwd: uriOf('').fsPath }))
  assert.equal(told.length, reported.findings.length)
  assert.equal(at(findings(uriOf(LOOKUP)), 'missing-index')[0].relatedInformation.length, 1)
  const checked = at(findings(uriOf(CHAT)), 'missing-timeout')[0]

  const { document } = await editorOf(CHAT)
  await until('the server tells it', () => findings(document.uri)[0] !== checked && rulesIn(document.uri).length === 1)
  assert.ok(findings(document.uri)[0].range.isEqual(checked.range))
  assert.deepEqual(findings(document.uri).length, 1)
  await closeAll()
  await until('the check tells it again', () => findings(uriOf(CHAT))[0] === checked && rulesIn(uriOf(CHAT)).length === 1)

  await write(CHAT, onDisk(CHAT).replace("method: 'POST',", "method: 'POST', signal: AbortSignal.timeout(1_000),"))
  await until('what has changed is forgotten', () => rulesIn(uriOf(CHAT)).length === 0)
  await vscode.commands.executeCommand('plimsoll.clearCheck')
  await until('nothing', () => rulesIn(uriOf(LOOKUP)).length === 0)
}

exports['the server restarts and stops when it is told to'] = async () => {
  const { document } = await editorOf(CHAT)
  const api = await extension()
  await until('the finding', () => rulesIn(document.uri).length > 0)
  const [before] = serverIds()
  await vscode.commands.executeCommand('plimsoll.restartServer')
  assert.equal(api.serverState().kind, 'running')
  const [after, ...others] = await until('the former is gone', () => !serverIds().includes(before) && serverIds())
  assert.notEqual(after, before)
  assert.deepEqual(others, [])
  await until('the finding', () => rulesIn(document.uri).length === 1)

  await vscode.commands.executeCommand('plimsoll.stopServer')
  assert.equal(api.serverState().kind, 'stopped')
  await until('no server', () => serverIds().length === 0)
  await until('no finding', () => rulesIn(document.uri).length === 0)
  await vscode.commands.executeCommand('plimsoll.restartServer')
  await until('the finding', () => rulesIn(document.uri).length === 1)
}

exports['the server is switched off and on by its setting'] = async () => {
  const { document } = await editorOf(CHAT)
  const api = await extension()
  await set('enable', false)
  await until('it is off', () => api.serverState().kind === 'stopped' && serverIds().length === 0)
  await set('enable', undefined)
  await until('the finding', () => api.serverState().kind === 'running' && rulesIn(document.uri).length === 1)
}

exports['without a program it says what is missing, and starts when the setting is mended'] = async () => {
  const { document } = await editorOf(CHAT)
  const api = await extension()
  await set('path', '/no/such/plimsoll')
  await until('it is missed', () => api.serverState().kind === 'missing')
  assert.match(api.serverState().problem, /`plimsoll\.path` is `\/no\/such\/plimsoll`/)
  assert.match(api.status(), /\$\(error\)/)
  await set('path', '/bin/ls')
  await until('it is another program', () => api.serverState().kind === 'failed')
  assert.match(api.serverState().problem, /`\/bin\/ls` does not answer as Plimsoll does/)
  await set('path', program)
  await until('the finding', () => api.serverState().kind === 'running' && rulesIn(document.uri).length === 1)
}

exports['a server that ends is started again, but not for ever'] = async () => {
  const { document } = await editorOf(CHAT)
  const api = await extension()
  await vscode.commands.executeCommand('plimsoll.restartServer')
  for (let end = 1; end <= 5; end += 1) {
    const id = await until('it runs', () => api.serverState().kind === 'running' && rulesIn(document.uri).length === 1 && serverIds()[0])
    process.kill(id, 'SIGKILL')
    await until('it has ended', () => !serverIds().includes(id))
  }
  await until('it is given up', () => api.serverState().kind === 'failed')
  assert.match(api.serverState().problem, /has ended 5 times/)
  assert.equal(serverIds().length, 0)
  await vscode.commands.executeCommand('plimsoll.restartServer')
  await until('the finding', () => api.serverState().kind === 'running' && rulesIn(document.uri).length === 1)
}

exports['a server that is not asked for diagnostics is listened to'] = async () => {
  const { document } = await editorOf(CHAT)
  const api = await extension()
  await set('path', process.env.PLIMSOLL_TEST_PUSHING)
  await until('the finding', () => api.serverState().kind === 'running' && api.serverState().program.includes('pushing') && rulesIn(document.uri).length === 1)
  assert.equal(findings(document.uri)[0].code.target.toString(), 'plimsoll-rule:/missing-timeout.md')
  await edit(document, "method: 'POST',", "method: 'POST', signal: AbortSignal.timeout(1_000),")
  await until('it goes', () => rulesIn(document.uri).length === 0)
  await edit(document, "method: 'POST', signal: AbortSignal.timeout(1_000),", "method: 'POST',")
  await until('it comes again', () => rulesIn(document.uri).length === 1)
  await set('path', program)
  await until('the server itself', () => api.serverState().kind === 'running' && api.serverState().program === program)
}

exports['messages are traced when that is asked for'] = async () => {
  const { document } = await editorOf(CHAT)
  await until('the finding', () => rulesIn(document.uri).length === 1)
  assert.equal(await isTraced(), false)
  await set('trace.server', 'verbose')
  await edit(document, "method: 'POST',", "method:  'POST',")
  await until('the trace', isTraced)
}
