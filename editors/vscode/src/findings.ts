// The findings that the editor shows, whoever has told it of them.

import * as vscode from 'vscode'

/** What the server writes as the origin of its diagnostics. */
export const SOURCE = 'plimsoll'

/** How long changes are gathered before they are told. */
const PAUSE_MS = 50

/** A finding and where it is. */
export interface Finding {
  readonly uri: vscode.Uri
  readonly rule: string
  readonly diagnostic: vscode.Diagnostic
}

/** Follows the diagnostics of the editor. */
export class Findings implements vscode.Disposable {
  private readonly byDocument = new Map<string, Finding[]>()
  private readonly changed = new vscode.EventEmitter<void>()
  private readonly listener: vscode.Disposable
  private timer: NodeJS.Timeout | undefined
  readonly onDidChange = this.changed.event

  constructor() {
    for (const [uri] of vscode.languages.getDiagnostics()) this.look(uri)
    this.listener = vscode.languages.onDidChangeDiagnostics(({ uris }) => {
      const looks = uris.map((uri) => this.look(uri))
      if (looks.includes(true)) this.timer ??= setTimeout(() => this.tell(), PAUSE_MS)
    })
  }

  /** The worst first, then by place. */
  all(): Finding[] {
    return [...this.byDocument.values()].flat().sort(compare)
  }

  dispose(): void {
    clearTimeout(this.timer)
    this.listener.dispose()
    this.changed.dispose()
  }

  /** Returns whether there are findings in a document, or were. */
  private look(uri: vscode.Uri): boolean {
    const diagnostics = vscode.languages.getDiagnostics(uri).filter(isCounted)
    const key = uri.toString()
    if (diagnostics.length === 0) return this.byDocument.delete(key)
    this.byDocument.set(key, diagnostics.map((diagnostic) => ({ uri, rule: ruleOf(diagnostic), diagnostic })))
    return true
  }

  private tell(): void {
    this.timer = undefined
    this.changed.fire()
  }
}

/** A hint is what the project's baseline holds: it is known, and nobody is asked about it. */
function isCounted({ source, severity }: vscode.Diagnostic): boolean {
  return source === SOURCE && severity !== vscode.DiagnosticSeverity.Hint
}

/** The rule that a diagnostic is of. */
export function ruleOf({ code }: vscode.Diagnostic): string {
  return String(typeof code === 'object' ? code.value : (code ?? ''))
}

function compare(a: Finding, b: Finding): number {
  return (
    a.diagnostic.severity - b.diagnostic.severity ||
    a.uri.toString().localeCompare(b.uri.toString()) ||
    a.diagnostic.range.start.compareTo(b.diagnostic.range.start)
  )
}
