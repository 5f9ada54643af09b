// How the server is, and how much it has found: in the status bar, and where it matters as a message.

import * as vscode from 'vscode'
import type { Findings } from './findings'
import type { Server, ServerState } from './server'

export class Status implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem('plimsoll', vscode.StatusBarAlignment.Left, 0)
  private readonly listeners: vscode.Disposable

  constructor(
    private readonly server: Server,
    private readonly findings: Findings,
  ) {
    this.item.name = 'Plimsoll'
    this.listeners = vscode.Disposable.from(
      server.onDidChangeState((state) => {
        this.show()
        void tell(state)
      }),
      findings.onDidChange(() => this.show()),
    )
    this.show()
    this.item.show()
  }

  /** What stands in the status bar. */
  get text(): string {
    return this.item.text
  }

  dispose(): void {
    this.listeners.dispose()
    this.item.dispose()
  }

  private show(): void {
    const { state } = this.server
    const count = this.findings.all().length
    const isWrong = 'problem' in state
    this.item.text = `$(${iconOf(state)}) Plimsoll${state.kind === 'running' ? ` ${count}` : ''}`
    this.item.backgroundColor = isWrong ? new vscode.ThemeColor('statusBarItem.errorBackground') : undefined
    this.item.command = isWrong ? 'plimsoll.showLog' : 'plimsoll.audit.focus'
    this.item.tooltip = tooltip(state, count)
    this.item.accessibilityInformation = { label: `Plimsoll: ${inWords(state, count)}` }
  }
}

function iconOf(state: ServerState): string {
  if (state.kind === 'running') return 'plimsoll-mark'
  if (state.kind === 'starting') return 'loading~spin'
  return state.kind === 'stopped' ? 'circle-slash' : 'error'
}

function inWords(state: ServerState, count: number): string {
  if ('problem' in state) return state.problem
  if (state.kind !== 'running') return state.kind === 'starting' ? 'the server is starting.' : 'the server is stopped.'
  return `${count === 1 ? '1 finding' : `${count} findings`}.`
}

function tooltip(state: ServerState, count: number): vscode.MarkdownString {
  const text = new vscode.MarkdownString(undefined, true)
  text.isTrusted = { enabledCommands: ['plimsoll.checkWorkspace', 'plimsoll.restartServer', 'plimsoll.showLog', 'plimsoll.openSettings'] }
  text.appendMarkdown(`**Plimsoll**: ${inWords(state, count)}\n\n`)
  if (state.kind === 'running') {
    text.appendMarkdown('[Check the workspace](command:plimsoll.checkWorkspace)\n\n')
    text.appendText(`${state.program} ${state.version}`)
    text.appendMarkdown('\n\n')
  }
  const links = ['[Restart](command:plimsoll.restartServer)', '[Log](command:plimsoll.showLog)', '[Settings](command:plimsoll.openSettings)']
  return text.appendMarkdown(links.join(' · '))
}

/** Tells what is wrong, with what can be done about it. */
async function tell(state: ServerState): Promise<void> {
  if (!('problem' in state)) return
  const actions = new Map(
    state.kind === 'missing'
      ? [
          ['How to Install', 'plimsoll.openInstructions'],
          ['Open Settings', 'plimsoll.openSettings'],
        ]
      : [
          ['Restart', 'plimsoll.restartServer'],
          ['Show Log', 'plimsoll.showLog'],
          ['Open Settings', 'plimsoll.openSettings'],
        ],
  )
  const start = state.kind === 'missing' ? 'Plimsoll has no server to start. ' : 'Plimsoll: '
  const chosen = await vscode.window.showErrorMessage(start + state.problem, ...actions.keys())
  const command = actions.get(chosen ?? '')
  if (command !== undefined) await vscode.commands.executeCommand(command)
}
