// Validates a Prisma schema with Prisma's own parser, without an engine or a database.
// Usage: node validate-prisma.mjs NODE_MODULES SCHEMA
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'

const [nodeModules, schemaPath] = process.argv.slice(2)
if (!nodeModules || !schemaPath) {
  console.error('usage: validate-prisma.mjs NODE_MODULES SCHEMA')
  process.exit(2)
}

const require = createRequire(join(resolve(nodeModules), 'any.js'))
const schema = readFileSync(schemaPath, 'utf8')
const wasm = require('@prisma/prisma-schema-wasm')

try {
  wasm.validate(JSON.stringify({ prismaSchema: [[schemaPath, schema]], noColor: true }))
} catch (thrown) {
  console.error(`error: ${reasonOf(thrown)}`)
  process.exit(1)
}

// The parser throws an error whose message is JSON that holds a text of several lines.
function reasonOf(thrown) {
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  let text = message
  try {
    text = JSON.parse(message).message
  } catch {
    // A message that is no JSON is the text itself.
  }
  const lines = text.split('\n').map((line) => line.trim())
  const error = lines.find((line) => line.startsWith('error:')) ?? lines.find(Boolean) ?? 'invalid'
  const place = lines.find((line) => line.startsWith('-->'))
  return error.replace(/^error:\s*/, '') + (place ? ` ${place}` : '')
}
