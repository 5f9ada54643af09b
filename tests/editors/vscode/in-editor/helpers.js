// What the tests inside of VS Code share.

const fs = require('node:fs')
const path = require('node:path')
const vscode = require('vscode')

const PATIENCE = 20_000

/** The server's program. */
exports.program = process.env.PLIMSOLL_TEST_PROGRAM

/** What the extension offers to others. */
exports.extension = async () => await vscode.extensions.getExtension('plimsoll.plimsoll').activate()

exports.uriOf = (file) => vscode.Uri.joinPath(vscode.workspace.workspaceFolders[0].uri, file)

exports.onDisk = (file) => fs.readFileSync(exports.uriOf(file).fsPath, 'utf8')

/** Writes a file behind the editor's back, as an agent does. */
exports.write = async (file, text) => fs.writeFileSync(exports.uriOf(file).fsPath, text)

/** Opens a file as users do: what an extension opens stays open for minutes after its tab. */
exports.editorOf = async (file) => {
  const uri = exports.uriOf(file)
  await vscode.commands.executeCommand('vscode.open', uri, { preview: false })
  const active = () => vscode.window.activeTextEditor
  return await exports.until('the editor', () => active()?.document.uri.toString() === uri.toString() && active())
}

exports.closeAll = async () => await vscode.commands.executeCommand('workbench.action.closeAllEditors')

exports.findings = (uri) => vscode.languages.getDiagnostics(uri).filter(({ source }) => source === 'plimsoll')

exports.ruleOf = ({ code }) => code?.value ?? code

exports.rulesIn = (uri) => exports.findings(uri).map(exports.ruleOf)

/** Of some diagnostics those of a rule. */
exports.at = (diagnostics, rule) => diagnostics.filter((diagnostic) => exports.ruleOf(diagnostic) === rule)

/** Sets a setting of the extension for this user. */
exports.set = async (key, value) => await vscode.workspace.getConfiguration('plimsoll').update(key, value, vscode.ConfigurationTarget.Global)

/** Replaces the first of a text in a document. */
exports.edit = async (document, text, replacement) => {
  const start = document.getText().indexOf(text)
  const change = new vscode.WorkspaceEdit()
  change.replace(document.uri, new vscode.Range(document.positionAt(start), document.positionAt(start + text.length)), replacement)
  if (start < 0 || !(await vscode.workspace.applyEdit(change))) throw new Error(`${text} cannot be replaced`)
}

/** A file of the sample as it was at first. */
exports.original = (file) => fs.readFileSync(path.join(process.env.PLIMSOLL_TEST_ORIGINAL, file), 'utf8')

/** Puts all back as it was at first: settings, editors and files. */
exports.reset = async () => {
  for (const key of ['enable', 'preview', 'rules', 'files', 'overrides', 'model', 'baseline', 'trace.server']) await exports.set(key, undefined)
  await exports.set('path', exports.program)
  // What is not saved would ask whether it shall be.
  await vscode.workspace.saveAll(false)
  await exports.closeAll()
  const project = exports.uriOf('').fsPath
  for (const file of fs.readdirSync(project, { recursive: true })) {
    const isOriginal = fs.existsSync(path.join(process.env.PLIMSOLL_TEST_ORIGINAL, file))
    if (!isOriginal && fs.statSync(path.join(project, file)).isFile()) fs.rmSync(path.join(project, file))
  }
  for (const file of fs.readdirSync(process.env.PLIMSOLL_TEST_ORIGINAL, { recursive: true })) {
    const from = path.join(process.env.PLIMSOLL_TEST_ORIGINAL, file)
    if (fs.statSync(from).isFile() && exports.onDisk(file) !== exports.original(file)) fs.copyFileSync(from, path.join(project, file))
  }
  await vscode.commands.executeCommand('plimsoll.clearCheck')
  const api = await exports.extension()
  if (api.serverState().kind !== 'running') await vscode.commands.executeCommand('plimsoll.restartServer')
  await exports.until('the server runs', () => api.serverState().kind === 'running')
}

/** Whether anything was traced: before, there is no such channel, and nothing to show. */
exports.isTraced = async () => {
  await vscode.commands.executeCommand('plimsoll.showTrace')
  return vscode.workspace.textDocuments.some(({ uri }) => uri.scheme === 'output' && uri.path.includes('Plimsoll Trace'))
}

/** The answer of `ask` as soon as it is one: no `undefined`, no `false`, no empty list. */
exports.until = async (what, ask) => {
  const end = Date.now() + PATIENCE
  for (;;) {
    const answer = await ask()
    if (Array.isArray(answer) ? answer.length > 0 : answer) return answer
    if (Date.now() > end) {
      const all = vscode.languages.getDiagnostics().flatMap(([uri]) => exports.rulesIn(uri).map((rule) => `${uri.path}: ${rule}`))
      throw new Error(`waited in vain for this: ${what}. The state is ${JSON.stringify((await exports.extension()).serverState())}, the diagnostics are\n${all.join('\n')}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

/** The processes that serve this editor. */
exports.serverIds = () =>
  fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((id) => {
    try {
      const isServing = fs.readFileSync(`/proc/${id}/cmdline`, 'utf8').endsWith('\0lsp\0')
      const [, parent] = /\) \S (\d+)/.exec(fs.readFileSync(`/proc/${id}/stat`, 'utf8'))
      return isServing && Number(parent) === process.pid
    } catch {
      // It has ended meanwhile.
      return false
    }
  })
