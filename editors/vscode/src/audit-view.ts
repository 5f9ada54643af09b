// The findings by the questions of an audit, as a tree.

import * as vscode from 'vscode'
import type { Finding, Findings } from './findings'
import { OTHER, QUESTIONS, type Question, questionOf } from './questions'
import type { Server } from './server'

/** A question with the findings that answer it with “no”. */
export interface Answer {
  readonly question: Question
  readonly findings: readonly Finding[]
}

/** So many findings are shown at once; more would hide the questions below them. */
const FEW = 5

type Node = Answer | Finding

const isAnswer = (node: Node): node is Answer => 'question' in node

export class AuditView implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>()
  private readonly view: vscode.TreeView<Node>
  private readonly listeners: vscode.Disposable
  readonly onDidChangeTreeData = this.changed.event

  constructor(
    private readonly server: Server,
    private readonly findings: Findings,
  ) {
    this.view = vscode.window.createTreeView('plimsoll.audit', { treeDataProvider: this, showCollapseAll: true })
    this.listeners = vscode.Disposable.from(
      server.onDidChangeState(() => this.refresh()),
      findings.onDidChange(() => this.refresh()),
    )
  }

  /** All questions, also those that nothing was found for; what is beside them only if there is any. */
  answers(): Answer[] {
    const categories = new Map(this.server.rules.map(({ id, category }) => [id, category]))
    const byQuestion = new Map<Question, Finding[]>(QUESTIONS.map((question) => [question, []]))
    for (const finding of this.findings.all()) {
      const question = questionOf(finding.rule, categories.get(finding.rule))
      byQuestion.set(question, [...(byQuestion.get(question) ?? []), finding])
    }
    const answers = [...byQuestion].map(([question, findings]) => ({ question, findings }))
    return answers.sort((a, b) => Number(a.question === OTHER) - Number(b.question === OTHER))
  }

  getChildren(node?: Node): Node[] {
    if (node !== undefined) return isAnswer(node) ? [...node.findings] : []
    // Otherwise `package.json` says what is shown instead.
    const { kind } = this.server.state
    return kind === 'running' || kind === 'starting' ? this.answers() : []
  }

  getTreeItem(node: Node): vscode.TreeItem {
    return isAnswer(node) ? itemOfAnswer(node) : itemOfFinding(node)
  }

  dispose(): void {
    this.listeners.dispose()
    this.view.dispose()
    this.changed.dispose()
  }

  private refresh(): void {
    const count = this.findings.all().length
    this.view.badge = count === 0 ? undefined : { value: count, tooltip: count === 1 ? '1 finding' : `${count} findings` }
    this.changed.fire()
  }
}

function itemOfAnswer({ question, findings }: Answer): vscode.TreeItem {
  const { Collapsed, Expanded, None } = vscode.TreeItemCollapsibleState
  const state = findings.length === 0 ? None : findings.length <= FEW ? Expanded : Collapsed
  const item = new vscode.TreeItem(question.text, state)
  item.id = question.id
  item.description = findings.length === 0 ? 'nothing found' : String(findings.length)
  item.iconPath = findings.length === 0 ? new vscode.ThemeIcon('pass', new vscode.ThemeColor('testing.iconPassed')) : new vscode.ThemeIcon('question')
  item.tooltip = `${question.text} Files count that are open, have changed since the server started, or were checked with the workspace.`
  return item
}

function itemOfFinding({ uri, rule, diagnostic }: Finding): vscode.TreeItem {
  const item = new vscode.TreeItem(diagnostic.message)
  const place = `${vscode.workspace.asRelativePath(uri)}:${diagnostic.range.start.line + 1}`
  item.description = `${rule} ${place}`
  item.iconPath = iconOf(diagnostic.severity)
  item.tooltip = new vscode.MarkdownString().appendText(`${diagnostic.message}\n\n${rule}, ${place}`)
  item.contextValue = 'finding'
  item.command = { title: 'Show', command: 'vscode.open', arguments: [uri, { selection: diagnostic.range } satisfies vscode.TextDocumentShowOptions] }
  return item
}

function iconOf(severity: vscode.DiagnosticSeverity): vscode.ThemeIcon {
  const { Error, Warning } = vscode.DiagnosticSeverity
  const name = severity === Error ? 'error' : severity === Warning ? 'warning' : 'info'
  return new vscode.ThemeIcon(name, new vscode.ThemeColor(`problems${name[0]?.toUpperCase()}${name.slice(1)}Icon.foreground`))
}
