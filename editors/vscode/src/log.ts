// The log: what the extension and its server have to say.

import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import * as vscode from 'vscode'

/** As the server begins its lines: a time, a level, and where it comes from. */
const LINE = /^\S+Z\s+(ERROR|WARN|INFO|DEBUG|TRACE)\s+(.*)$/

export function createLog(): vscode.LogOutputChannel {
  return vscode.window.createOutputChannel('Plimsoll', { log: true })
}

/** Writes what the server tells at the level that it says. How much it tells is set in `plimsoll.logLevel`. */
export function logLines(input: Readable, log: vscode.LogOutputChannel): void {
  createInterface({ input }).on('line', (line) => {
    const [, level, text = line] = LINE.exec(line) ?? []
    if (level === 'ERROR') log.error(text)
    else if (level === 'WARN') log.warn(text)
    else log.info(text)
  })
}
