// The parts of the extension, and how they are put together.

import * as vscode from 'vscode'
import type { Middleware } from 'vscode-languageclient/node'
import { type Answer, AuditView } from './audit-view'
import { registerCommands } from './commands'
import { Findings } from './findings'
import { createLog } from './log'
import { linkHoverToPages, linkToPage, openPage, PAGE_SCHEME, Pages } from './pages'
import { Server, type ServerState } from './server'
import * as settings from './settings'
import { Status } from './status'
import { TraceChannel } from './trace'
import { WorkspaceCheck } from './workspace-check'

/** What other extensions, and the tests, can ask this one. */
export interface Api {
  readonly serverState: () => ServerState
  readonly status: () => string
  readonly audit: () => readonly Answer[]
}

let server: Server | undefined

export function activate(context: vscode.ExtensionContext): Api {
  const log = createLog()
  const trace = new TraceChannel()
  const check = new WorkspaceCheck()
  const findings = new Findings()
  server = new Server(context.extensionPath, middleware(check), log, trace)
  const running = server
  const pages = new Pages((rule) => running.page(rule))
  const status = new Status(running, findings)
  const audit = new AuditView(running, findings)
  context.subscriptions.push(
    log,
    trace,
    check,
    findings,
    pages,
    status,
    audit,
    registerCommands(context.extensionUri, running, check, log, trace),
    vscode.workspace.registerTextDocumentContentProvider(PAGE_SCHEME, pages),
    running.onDidChangeState(({ kind }) => {
      if (kind === 'running') pages.refresh()
      else check.serverIsGone()
    }),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (settings.changesTheStart(event)) void running.restart()
      if (settings.changesTheTrace(event)) trace.refresh()
    }),
  )
  void running.restart()
  return { serverState: () => running.state, status: () => status.text, audit: () => audit.answers() }
}

export async function deactivate(): Promise<void> {
  await server?.stop()
}

/** What is looked at on the way between the server and the editor. */
function middleware(check: WorkspaceCheck): Middleware {
  return {
    executeCommand: (command, args, next): unknown => {
      const [rule] = args as readonly unknown[]
      return command === 'plimsoll.explainRule' && typeof rule === 'string' ? openPage(rule) : next(command, args)
    },
    provideHover: async (document, position, token, next) => {
      const hover = await next(document, position, token)
      if (hover) linkHoverToPages(hover)
      return hover
    },
    // The three ways in which diagnostics come: asked for a document, asked for the rest, and sent by a server that is
    // not asked.
    provideDiagnostics: async (document, previous, token, next) => {
      const report = await next(document, previous, token)
      if (report?.kind === 'full') report.items.forEach(linkToPage)
      // One that was closed meanwhile is asked of a last time, and not shown any more.
      check.serverTells(document instanceof vscode.Uri ? document : document.uri, false)
      return report
    },
    provideWorkspaceDiagnostics: (previous, token, reporter, next) =>
      next(previous, token, (chunk) => {
        for (const report of chunk?.items ?? []) {
          if (report.kind !== 'full') continue
          report.items.forEach(linkToPage)
          check.serverTells(report.uri, report.items.length > 0)
        }
        reporter(chunk)
      }),
    handleDiagnostics: (uri, diagnostics, next) => {
      diagnostics.forEach(linkToPage)
      check.serverTells(uri, diagnostics.length > 0)
      next(uri, diagnostics)
    },
  }
}
