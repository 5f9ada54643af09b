// The check of the whole workspace. The server looks at what is open and what changes; for all the rest the command
// line is asked once, which is made for that many files, and keeps what it has found.
//
// What the check has told of a file is hidden while the server itself tells what is in it, and forgotten when the file
// changes.

import * as path from 'node:path'
import * as vscode from 'vscode'
import { isOpen } from './client'
import { SOURCE } from './findings'
import { pageOf } from './pages'
import { type Output, run } from './program'
import { type Reported, type ReportedRange, readReport } from './report'

/** Every file that a finding can be in. */
const FILES = '**/*.{ts,tsx,mts,cts,js,jsx,mjs,cjs,rs,prisma,sql}'

export class WorkspaceCheck implements vscode.Disposable {
  private readonly collection = vscode.languages.createDiagnosticCollection('plimsoll check')
  private readonly found = new Map<string, vscode.Diagnostic[]>()
  /** The files that the server itself tells of now. */
  private readonly told = new Set<string>()
  private readonly listeners: vscode.Disposable

  constructor() {
    const watcher = vscode.workspace.createFileSystemWatcher(FILES)
    this.listeners = vscode.Disposable.from(
      watcher,
      watcher.onDidCreate((uri) => this.forget(uri)),
      watcher.onDidChange((uri) => this.forget(uri)),
      watcher.onDidDelete((uri) => this.forget(uri)),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => this.serverIsSilentOn(uri)),
    )
  }

  /** The server tells what is in a file. Of one that is not open only findings count: it may not have looked. */
  serverTells(uri: vscode.Uri, holdsFindings: boolean): void {
    if (!isOpen(uri) && !holdsFindings) return this.serverIsSilentOn(uri)
    this.told.add(uri.toString())
    this.collection.delete(uri)
  }

  /** The server tells nothing of a file. */
  private serverIsSilentOn(uri: vscode.Uri): void {
    this.told.delete(uri.toString())
    this.collection.set(uri, this.found.get(uri.toString()))
  }

  /** The server has ended. */
  serverIsGone(): void {
    for (const key of [...this.told]) this.serverIsSilentOn(vscode.Uri.parse(key))
  }

  /** Checks all folders of the workspace. Fails with a sentence. */
  async check(program: string, options: readonly string[], token: vscode.CancellationToken): Promise<Checked | undefined> {
    const total = { files: 0, findings: 0, isComplete: true }
    const found = new Map<string, vscode.Diagnostic[]>()
    for (const { uri: folder } of vscode.workspace.workspaceFolders ?? []) {
      const args = ['check', '--format', 'json', '--fail-on', 'never', ...options, '.']
      const output = await run(program, args, folder.fsPath, token)
      if (token.isCancellationRequested) return undefined
      const report = readReport(output.stdout)
      if (report === undefined) throw new Error(problemOf(output))
      total.files += report.summary.files
      total.findings += report.summary.findings
      total.isComplete &&= report.complete
      for (const [key, diagnostics] of await asDiagnostics(folder.fsPath, report.findings)) found.set(key, diagnostics)
    }
    this.clear()
    for (const [key, diagnostics] of found) {
      this.found.set(key, diagnostics)
      if (!this.told.has(key)) this.collection.set(vscode.Uri.parse(key), diagnostics)
    }
    void vscode.commands.executeCommand('setContext', 'plimsoll.hasCheck', found.size > 0)
    return total
  }

  clear(): void {
    this.found.clear()
    this.collection.clear()
    void vscode.commands.executeCommand('setContext', 'plimsoll.hasCheck', false)
  }

  dispose(): void {
    this.listeners.dispose()
    this.collection.dispose()
  }

  private forget(uri: vscode.Uri): void {
    if (this.found.delete(uri.toString())) this.collection.delete(uri)
  }
}

/** How much was looked at and found. */
export interface Checked {
  readonly files: number
  readonly findings: number
  readonly isComplete: boolean
}

function problemOf({ stderr, status }: Output): string {
  const told = stderr.trim().split('\n', 1)[0]
  return told !== undefined && told !== '' ? told : `\`plimsoll check\` has ended with status ${status} and told nothing.`
}

async function asDiagnostics(folder: string, findings: readonly Reported[]): Promise<Map<string, vscode.Diagnostic[]>> {
  const places = new Places(folder)
  const found = new Map<string, vscode.Diagnostic[]>()
  for (const finding of findings) {
    const { uri, range } = await places.locate(finding)
    const diagnostic = new vscode.Diagnostic(range, finding.message, severityOf(finding.severity))
    diagnostic.source = SOURCE
    diagnostic.code = { value: finding.rule, target: pageOf(finding.rule) }
    diagnostic.relatedInformation = await Promise.all(
      finding.related.map(async (related) => {
        const place = await places.locate(related)
        return new vscode.DiagnosticRelatedInformation(new vscode.Location(place.uri, place.range), related.message)
      }),
    )
    found.set(uri.toString(), [...(found.get(uri.toString()) ?? []), diagnostic])
  }
  return found
}

function severityOf(severity: string): vscode.DiagnosticSeverity {
  const { Error, Warning, Information } = vscode.DiagnosticSeverity
  return severity === 'error' ? Error : severity === 'warning' ? Warning : Information
}

/** Finds places of a report in the editor's terms. */
class Places {
  private readonly lines = new Map<string, Promise<string[]>>()

  constructor(private readonly folder: string) {}

  async locate(place: { readonly path: string; readonly range: ReportedRange }): Promise<vscode.Location> {
    const uri = vscode.Uri.file(path.resolve(this.folder, place.path))
    const lines = await this.linesOf(uri)
    const position = ({ line, column }: ReportedRange['start']): vscode.Position => {
      return new vscode.Position(line - 1, utf16Length(lines[line - 1] ?? '', column - 1))
    }
    return new vscode.Location(uri, new vscode.Range(position(place.range.start), position(place.range.end)))
  }

  /** The lines of a file; none if it cannot be read any more. */
  private async linesOf(uri: vscode.Uri): Promise<string[]> {
    const read = async (): Promise<string[]> => {
      const bytes = await vscode.workspace.fs.readFile(uri)
      return new TextDecoder().decode(bytes).split('\n')
    }
    const known = this.lines.get(uri.toString()) ?? read().catch(() => [])
    this.lines.set(uri.toString(), known)
    return known
  }
}

/** How many UTF-16 units the first `count` characters of a line take. A report counts characters, an editor units. */
function utf16Length(line: string, count: number): number {
  if (!/[\u{10000}-\u{10FFFF}]/u.test(line)) return count
  return [...line].slice(0, count).join('').length
}
