// Builds a Rust function into a copy of the template crate and runs it, a process per scenario.
import { spawn, spawnSync } from 'node:child_process'
import {
  appendFileSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const HERE = dirname(fileURLToPath(import.meta.url))
/** Shared by all copies, so that the dependencies are built once. */
const TARGET = join(HERE, '..', '.tools', 'retry-rust')
const OFFLINE = /could not resolve host|couldn.t resolve host|failed to download|spurious network error|network failure|failed to (connect|fetch)/i

/** @returns `{ start, dispose }` for the scenarios. Throws when the crate does not build. */
export function buildCrate(path, dependencies) {
  const crate = mkdtempSync(join(tmpdir(), 'retry-rust-'))
  // A name of its own, so that runs at the same time do not replace each other's program.
  const name = `retry-subject-${process.pid}`
  try {
    for (const entry of ['Cargo.toml', 'Cargo.lock', 'src']) {
      cpSync(join(HERE, 'rust', entry), join(crate, entry), { recursive: true })
    }
    for (const file of ['Cargo.toml', 'Cargo.lock']) {
      const text = readFileSync(join(crate, file), 'utf8')
      writeFileSync(join(crate, file), text.replace('name = "retry-subject"', `name = "${name}"`))
    }
    copyFileSync(path, join(crate, 'src', 'subject.rs'))
    if (dependencies.length > 0) appendFileSync(join(crate, 'Cargo.toml'), `${dependencies.join('\n')}\n`)
    mkdirSync(TARGET, { recursive: true })

    const locked = dependencies.length === 0 ? ['--locked'] : []
    const build = spawnSync('cargo', ['build', '--quiet', '--color', 'never', '--message-format', 'short', ...locked], {
      cwd: crate,
      env: { ...process.env, CARGO_TARGET_DIR: TARGET },
      encoding: 'utf8',
    })
    if (build.error) throw build.error
    if (build.status !== 0) {
      const offline = OFFLINE.test(build.stderr)
      const line = build.stderr.split('\n').find((text) => text.includes('error')) ?? build.stderr.trim()
      const message = offline ? 'skipped: the registry of crates cannot be reached' : `cargo build: ${line}`
      throw Object.assign(new Error(message), { exitCode: offline ? 77 : 2 })
    }

    const program = join(crate, name)
    copyFileSync(join(TARGET, 'debug', name), program)
    return { start: (options) => start(program, options), dispose: () => rmSync(crate, { recursive: true, force: true }) }
  } catch (error) {
    rmSync(crate, { recursive: true, force: true })
    throw error
  } finally {
    removeArtifacts(name)
  }
}

/** Leaves the dependencies in the shared folder and takes what was built of one run. */
function removeArtifacts(name) {
  for (const folder of ['', 'deps', '.fingerprint', 'incremental']) {
    const path = join(TARGET, 'debug', folder)
    let entries = []
    try {
      entries = readdirSync(path)
    } catch {
      continue
    }
    for (const entry of entries) {
      const stem = entry.replaceAll('_', '-')
      const own = stem === name || stem.startsWith(`${name}-`) || stem.startsWith(`${name}.`)
      if (own) rmSync(join(path, entry), { recursive: true, force: true })
    }
  }
}

function start(program, { url, abortAfterMs }) {
  const child = spawn(program, [url, ...(abortAfterMs === undefined ? [] : [String(abortAfterMs)])], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // A proxy of the machine must not stand between the program and the server.
    env: { ...process.env, NO_PROXY: '*', no_proxy: '*' },
  })
  let text = ''
  const ended = new Promise((resolve) => {
    child.stdout.setEncoding('utf8')
    child.stdout.on('data', (part) => {
      text += part
      const end = text.indexOf('\n')
      if (end >= 0) resolve(outcomeOf(text.slice(0, end)))
    })
    child.on('error', (error) => resolve({ outcome: 'failure', error: String(error) }))
    child.on('close', () => resolve({ outcome: `no answer: the program ended after saying ${JSON.stringify(text)}` }))
  })
  return { ended, kill: () => child.kill('SIGKILL') }
}

// The program says `success`, `failure ERROR` or `aborted MILLISECONDS`, and then lives on for a
// while, so that requests of tasks it has left behind are seen.
function outcomeOf(line) {
  const [word, ...rest] = line.split(' ')
  if (word === 'aborted') return { outcome: 'failure', sinceAbort: Number(rest[0]), error: 'aborted' }
  return { outcome: word, error: rest.join(' ') || undefined }
}
