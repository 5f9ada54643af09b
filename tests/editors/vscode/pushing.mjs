#!/usr/bin/env node
// A server for an editor that cannot ask for diagnostics: the real one, to which the editor's offer to ask is hidden.
// PLIMSOLL_TEST_PROGRAM names the real one.

import { spawn } from 'node:child_process'

const args = process.argv.slice(2)
const server = spawn(process.env.PLIMSOLL_TEST_PROGRAM, args, { stdio: [args[0] === 'lsp' ? 'pipe' : 'inherit', 'inherit', 'inherit'] })
server.once('exit', (code) => process.exit(code ?? 1))
process.once('SIGTERM', () => server.kill())

if (server.stdin) {
  let held = Buffer.alloc(0)
  let isFirst = true
  process.stdin.on('data', (chunk) => {
    if (!isFirst) return server.stdin.write(chunk)
    held = Buffer.concat([held, chunk])
    const head = held.indexOf('\r\n\r\n')
    if (head < 0) return
    const length = Number(/content-length: *(\d+)/i.exec(held.subarray(0, head).toString())[1])
    const end = head + 4 + length
    if (held.length < end) return
    const message = JSON.parse(held.subarray(head + 4, end).toString())
    delete message.params.capabilities.textDocument.diagnostic
    const body = Buffer.from(JSON.stringify(message))
    server.stdin.write(Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body, held.subarray(end)]))
    isFirst = false
  })
  process.stdin.on('end', () => server.stdin.end())
}
