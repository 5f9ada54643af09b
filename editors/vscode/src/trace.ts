// Where the messages between the editor and the server are written.

import * as vscode from 'vscode'
import * as settings from './settings'

/**
 * A channel whose level follows the setting `plimsoll.trace.server`. The client library traces only into channels of
 * the level “trace”, which users of other extensions do not expect to have to set beside the setting.
 */
export class TraceChannel implements vscode.LogOutputChannel {
  readonly name = 'Plimsoll Trace'
  private channel: vscode.OutputChannel | undefined
  private readonly levelChanged = new vscode.EventEmitter<vscode.LogLevel>()
  readonly onDidChangeLogLevel = this.levelChanged.event

  get logLevel(): vscode.LogLevel {
    return settings.isTraced() ? vscode.LogLevel.Trace : vscode.LogLevel.Off
  }

  /** Tells the client that the setting has changed. */
  refresh(): void {
    this.levelChanged.fire(this.logLevel)
  }

  trace(message: string): void {
    this.appendLine(`${new Date().toISOString()} ${message}`)
  }
  debug(message: string): void {
    this.trace(message)
  }
  info(message: string): void {
    this.trace(message)
  }
  warn(message: string): void {
    this.trace(message)
  }
  error(error: string | Error): void {
    this.trace(error instanceof Error ? error.message : error)
  }

  append(value: string): void {
    this.made().append(value)
  }
  appendLine(value: string): void {
    this.made().appendLine(value)
  }
  replace(value: string): void {
    this.made().replace(value)
  }
  clear(): void {
    this.channel?.clear()
  }
  show(): void {
    this.channel?.show(true)
  }
  hide(): void {
    this.channel?.hide()
  }
  dispose(): void {
    this.channel?.dispose()
    this.levelChanged.dispose()
  }

  /** Who never traces has no such channel. */
  private made(): vscode.OutputChannel {
    this.channel ??= vscode.window.createOutputChannel(this.name)
    return this.channel
  }
}
