// The server's life: it is found, started, restarted and stopped here, and nowhere else.

import { accessSync, constants, statSync } from 'node:fs'
import { homedir } from 'node:os'
import * as vscode from 'vscode'
import {
  type ClientCapabilities,
  CloseAction,
  type CloseHandlerResult,
  ErrorAction,
  ExecuteCommandRequest,
  type Middleware,
  RevealOutputChannelOn,
  State,
} from 'vscode-languageclient/node'
import { Client, Collections } from './client'
import { SELECTOR } from './documents'
import { findServer } from './find-server'
import { logLines } from './log'
import { MAX_RESTARTS, Restarts } from './restarts'
import { type Rule, askForRules } from './rules'
import * as settings from './settings'
import type { TraceChannel } from './trace'

/** How the server is. `problem` is a sentence for the user. */
export type ServerState =
  | { readonly kind: 'stopped' | 'starting' }
  | { readonly kind: 'running'; readonly program: string; readonly version: string }
  | { readonly kind: 'missing' | 'failed'; readonly problem: string }

/** How long a server may take to leave, in milliseconds. */
const PATIENCE_MS = 2000

export class Server implements vscode.Disposable {
  /** The rules of the program that was started last. */
  rules: readonly Rule[] = []
  private client: Client | undefined
  private current: ServerState = { kind: 'stopped' }
  /** What was asked for is done one after the other. */
  private queue: Promise<void> = Promise.resolve()
  private readonly changed = new vscode.EventEmitter<ServerState>()
  readonly onDidChangeState = this.changed.event

  constructor(
    private readonly extensionFolder: string,
    private readonly middleware: Middleware,
    private readonly log: vscode.LogOutputChannel,
    private readonly trace: TraceChannel,
  ) {}

  get state(): ServerState {
    return this.current
  }

  /** The program as it would be started now. */
  find(): ReturnType<typeof findServer> {
    return findServer(settings.serverPath(), {
      platform: process.platform,
      searchPath: process.env['PATH'],
      home: homedir(),
      workspaceFolder: vscode.workspace.workspaceFolders?.[0]?.uri.fsPath,
      extensionFolder: this.extensionFolder,
      isProgram,
    })
  }

  /** Starts the server; one that runs is stopped first. */
  async restart(): Promise<void> {
    await this.enqueue(async () => {
      await this.halt()
      if (settings.isEnabled()) await this.launch()
    })
  }

  async stop(): Promise<void> {
    await this.enqueue(() => this.halt())
  }

  /** The page of a rule, as Markdown. */
  async page(rule: string): Promise<string> {
    if (this.client?.state !== State.Running) throw new Error('Plimsoll’s server does not run.')
    const params = { command: 'plimsoll.explainRule', arguments: [rule] }
    return String(await this.client.sendRequest(ExecuteCommandRequest.type, params))
  }

  dispose(): void {
    void this.stop().finally(() => this.changed.dispose())
  }

  private async enqueue(work: () => Promise<void>): Promise<void> {
    const done = this.queue.then(work)
    this.queue = done.catch((error: unknown) => this.log.error(String(error)))
    await this.queue
  }

  private async launch(): Promise<void> {
    this.become({ kind: 'starting' })
    const found = this.find()
    if ('problem' in found) return this.become({ kind: 'missing', problem: found.problem })
    const { program } = found
    try {
      this.rules = await askForRules(program)
    } catch (error) {
      return this.become({ kind: 'failed', problem: error instanceof Error ? error.message : String(error) })
    }
    this.log.info(`starting ${program}`)
    const client = this.makeClient(program)
    this.client = client
    client.onDidChangeState(({ newState }) => {
      if (newState === State.Starting) this.become({ kind: 'starting' })
      if (newState !== State.Running) return
      this.become({ kind: 'running', program, version: client.initializeResult?.serverInfo?.version ?? '' })
    })
    try {
      await client.start()
    } catch (error) {
      // One that has ended is started again meanwhile, or was given up with a reason.
      const isOver = client.state !== State.Starting && client.state !== State.Running
      if (isOver && this.current.kind !== 'failed') {
        this.become({ kind: 'failed', problem: `\`${program}\` does not serve: ${error instanceof Error ? error.message : String(error)}.` })
      }
    }
  }

  private async halt(): Promise<void> {
    const { client } = this
    this.client = undefined
    // One that was given up is stopped already.
    await client?.dispose(PATIENCE_MS).catch((error: unknown) => this.log.warn(String(error)))
    this.become({ kind: 'stopped' })
  }

  private makeClient(program: string): Client {
    const env = { ...process.env, PLIMSOLL_LOG: settings.logLevel() }
    const restarts = new Restarts()
    const client = new Client(
      'plimsoll',
      'Plimsoll',
      { command: program, args: ['lsp'], options: { env } },
      {
        documentSelector: SELECTOR,
        initializationOptions: settings.ofReviews,
        synchronize: { configurationSection: 'plimsoll' },
        diagnosticCollectionName: 'plimsoll',
        diagnosticCollectionProvider: new Collections(),
        outputChannel: this.log,
        traceOutputChannel: this.trace,
        stdioOptions: { stdout: () => {}, stderr: logLines },
        // What is worth a message is said by the status, which knows what to do about it.
        revealOutputChannelOn: RevealOutputChannelOn.Never,
        initializationFailedHandler: () => false,
        markdown: { isTrusted: { enabledCommands: ['plimsoll.explain'] }, supportHtml: false },
        middleware: this.middleware,
        errorHandler: {
          error: () => ({ action: ErrorAction.Continue, handled: true }),
          closed: () => this.afterEnd(restarts),
        },
      },
    )
    client.registerFeature({
      fillClientCapabilities: (capabilities: ClientCapabilities) => {
        // A page that was asked for is shown: the server need not say in short what is on it.
        capabilities.experimental = { plimsoll: { rulePages: true } }
      },
      initialize: () => {},
      getState: () => ({ kind: 'static' }),
      clear: () => {},
    })
    return client
  }

  /** The server has ended, and nobody asked it to. */
  private afterEnd(restarts: Restarts): CloseHandlerResult {
    if (restarts.mayRestart(Date.now())) {
      this.log.warn('the server has ended by itself, and is started again')
      return { action: CloseAction.Restart, handled: true }
    }
    this.become({
      kind: 'failed',
      problem: `The server has ended ${MAX_RESTARTS + 1} times within three minutes, and is not started again by itself.`,
    })
    return { action: CloseAction.DoNotRestart, handled: true }
  }

  private become(state: ServerState): void {
    this.current = state
    if ('problem' in state) this.log.error(state.problem)
    void vscode.commands.executeCommand('setContext', 'plimsoll.state', state.kind)
    this.changed.fire(state)
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    // Not there, or not for us.
    return false
  }
}
