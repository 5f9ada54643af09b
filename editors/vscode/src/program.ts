// Runs the server's program for one answer.

import { spawn } from 'node:child_process'
import type { CancellationToken } from 'vscode'

/** What a program has printed. */
export interface Output {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs to the end, or to the cancellation. Fails only if the program cannot be started. */
export async function run(program: string, args: readonly string[], cwd?: string, token?: CancellationToken): Promise<Output> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true })
    const listener = token?.onCancellationRequested(() => child.kill())
    const stdout: Buffer[] = []
    const stderr: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
    child.once('error', reject)
    child.once('close', (status) => {
      resolve({ status, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() })
    })
    child.once('exit', () => listener?.dispose())
  })
}
