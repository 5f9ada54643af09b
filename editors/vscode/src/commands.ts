// What users can have done, beside what the server offers by itself.

import * as vscode from 'vscode'
import { ruleOf, SOURCE } from './findings'
import { EXPLAIN, openPage } from './pages'
import type { Server } from './server'
import * as settings from './settings'
import type { TraceChannel } from './trace'
import type { Checked, WorkspaceCheck } from './workspace-check'

export function registerCommands(
  extensionUri: vscode.Uri,
  server: Server,
  check: WorkspaceCheck,
  log: vscode.LogOutputChannel,
  trace: TraceChannel,
): vscode.Disposable {
  const { registerCommand, executeCommand } = vscode.commands
  return vscode.Disposable.from(
    registerCommand('plimsoll.fixAll', fixAll),
    registerCommand(EXPLAIN, (asked?: unknown) => explain(asked, server)),
    registerCommand('plimsoll.checkWorkspace', () => checkWorkspace(server, check)),
    registerCommand('plimsoll.clearCheck', () => check.clear()),
    registerCommand('plimsoll.restartServer', () => restart(server)),
    registerCommand('plimsoll.stopServer', () => server.stop()),
    registerCommand('plimsoll.showLog', () => log.show(true)),
    registerCommand('plimsoll.showTrace', () => trace.show()),
    registerCommand('plimsoll.openSettings', () => executeCommand('workbench.action.openSettings', '@ext:plimsoll.plimsoll')),
    registerCommand('plimsoll.openInstructions', () =>
      executeCommand('markdown.showPreview', vscode.Uri.joinPath(extensionUri, 'INSTALL.md')),
    ),
  )
}

/** Applies what the server offers as one fix, if it offers any. */
async function fixAll(): Promise<void> {
  const document = vscode.window.activeTextEditor?.document
  if (document === undefined) return
  const all = new vscode.Range(0, 0, document.lineCount, 0)
  const asked = ['vscode.executeCodeActionProvider', document.uri, all, 'source.fixAll.plimsoll', 1] as const
  const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(...asked)
  const edit = actions.find((action) => action.edit !== undefined)?.edit
  if (edit === undefined) {
    void vscode.window.showInformationMessage('Plimsoll has no safe fix for this file.')
  } else {
    await vscode.workspace.applyEdit(edit)
  }
}

async function restart(server: Server): Promise<void> {
  if (settings.isEnabled()) return server.restart()
  const chosen = await vscode.window.showInformationMessage('Plimsoll is switched off by the setting `plimsoll.enable`.', 'Open Settings')
  if (chosen !== undefined) await vscode.commands.executeCommand('plimsoll.openSettings')
}

/** Shows the page of a rule: the one that is named, of the finding that is named, or that the user chooses. */
async function explain(asked: unknown, server: Server): Promise<void> {
  const rule = nameOf(asked) ?? (await choose(server))
  if (rule !== undefined) await openPage(rule)
}

function nameOf(asked: unknown): string | undefined {
  if (typeof asked === 'string') return asked
  const rule = (asked as Partial<Record<'rule', unknown>> | undefined)?.rule
  return typeof rule === 'string' ? rule : undefined
}

/** Rules with findings at the cursor come first. */
async function choose(server: Server): Promise<string | undefined> {
  const editor = vscode.window.activeTextEditor
  const here = editor === undefined ? [] : vscode.languages.getDiagnostics(editor.document.uri)
  const atCursor = new Set(
    here.filter(({ source, range }) => source === SOURCE && editor?.selections.some((it) => range.intersection(it))).map(ruleOf),
  )
  const items = server.rules.map(({ id, category, summary }) => ({ label: id, description: category, detail: summary }))
  items.sort((a, b) => Number(atCursor.has(b.label)) - Number(atCursor.has(a.label)))
  const chosen = await vscode.window.showQuickPick(items, { placeHolder: 'The rule to explain', matchOnDetail: true })
  return chosen?.label
}

async function checkWorkspace(server: Server, check: WorkspaceCheck): Promise<void> {
  if (vscode.workspace.workspaceFolders === undefined) {
    void vscode.window.showInformationMessage('No folder is open that Plimsoll could check.')
    return
  }
  const found = server.find()
  if ('problem' in found) {
    void vscode.window.showErrorMessage(`Plimsoll has no program to check with. ${found.problem}`)
    return
  }
  const options = settings.showsPreviews() ? ['--preview'] : []
  // What an untrusted project says of its own files is not believed.
  if (!vscode.workspace.isTrusted) options.push('--no-cache')
  const progress = { location: vscode.ProgressLocation.Notification, title: 'Plimsoll checks the workspace', cancellable: true }
  try {
    const checked = await vscode.window.withProgress(progress, (_, token) => check.check(found.program, options, token))
    if (checked === undefined) return
    if (checked.findings > 0) await vscode.commands.executeCommand('plimsoll.audit.focus')
    void vscode.window.showInformationMessage(inWords(checked))
  } catch (error) {
    void vscode.window.showErrorMessage(`The workspace could not be checked. ${error instanceof Error ? error.message : String(error)}`)
  }
}

function inWords({ files, findings, isComplete }: Checked): string {
  const sentences = [`${findings === 1 ? '1 finding' : `${findings} findings`} in ${files === 1 ? '1 file' : `${files} files`}.`]
  if (!isComplete) sentences.push('Not all of them could be read: `plimsoll check` in a terminal says which.')
  // The command line does not know them; CI has only the file, too.
  if (settings.isMoreThanPreviewSet()) sentences.push('Of the editor’s settings only `plimsoll.preview` counts for the check of the workspace: write the others into `plimsoll.toml`.')
  return sentences.join(' ')
}
