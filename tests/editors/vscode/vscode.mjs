// Starts VS Code as a server, with an extension installed in it, and opens it in a headless browser.

import { spawn, spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'

const PATIENCE = 30_000

/** What of the environment a test must not depend on is left out. */
const ENVIRONMENT = Object.fromEntries(['PATH', 'HOME', 'LANG', 'TMPDIR'].map((name) => [name, process.env[name]]))

/** Nothing stands in front of what is tested. */
const QUIET = { 'workbench.startupEditor': 'none', 'extensions.autoCheckUpdates': false, 'chat.disableAIFeatures': true }

export class VsCode {
  /** `tools` is the folder that get-vscode.sh prints. */
  static async start({ tools, vsix, settings, machine = {}, environment = {} }) {
    const folder = await mkdtemp(path.join(tmpdir(), 'plimsoll-vscode-'))
    const extensions = path.join(folder, 'extensions')
    const main = path.join(tools, 'vscode/out/server-main.js')
    const common = ['--accept-server-license-terms', '--server-data-dir', folder, '--extensions-dir', extensions]
    const installed = spawnSync(process.execPath, [main, ...common, '--install-extension', vsix], { encoding: 'utf8' })
    if (installed.status !== 0) throw new Error(`the extension cannot be installed: ${installed.stdout}${installed.stderr}`)
    const vscode = new VsCode(tools, folder, await freePort())
    await vscode.set('User', { ...QUIET, ...settings })
    await vscode.set('Machine', machine)
    const options = ['--without-connection-token', '--telemetry-level', 'off', '--enable-smoke-test-driver']
    if (!environment.PLIMSOLL_TEST_TRUST) options.push('--disable-workspace-trust')
    vscode.server = spawn(process.execPath, [main, ...common, '--host', '127.0.0.1', '--port', String(vscode.port), ...options], {
      // A group of its own, which is ended as a whole.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...ENVIRONMENT, ...environment },
    })
    vscode.server.stdout.on('data', (chunk) => (vscode.log += chunk))
    vscode.server.stderr.on('data', (chunk) => (vscode.log += chunk))
    await vscode.isUp()
    return vscode
  }

  constructor(tools, folder, port) {
    Object.assign(this, { tools, folder, port, log: '', browsers: [] })
  }

  /** Writes the settings of the user, or those of this machine: where a program is is one of these. */
  async set(whose, settings) {
    await mkdir(path.join(this.folder, 'data', whose), { recursive: true })
    await writeFile(path.join(this.folder, 'data', whose, 'settings.json'), JSON.stringify(settings))
  }

  /** A folder in the workbench; `payload` says what is to be done there. */
  async open(folder, payload, { size = { width: 1280, height: 800 }, expose = {} } = {}) {
    const { chromium } = createRequire(path.join(this.tools, 'driver/package.json'))('playwright-core')
    const quiet = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']
    const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', headless: true, args: ['--no-sandbox', ...quiet] })
    this.browsers.push(browser)
    const page = await browser.newPage({ viewport: size })
    page.setDefaultTimeout(PATIENCE)
    for (const [name, exposed] of Object.entries(expose)) await page.exposeFunction(name, exposed)
    const query = new URLSearchParams({ folder, payload: JSON.stringify(payload) })
    await page.goto(`http://127.0.0.1:${this.port}/?${query}`)
    return page
  }

  /** A file or folder as the workbench names it. */
  remote(absolute) {
    return `vscode-remote://127.0.0.1:${this.port}${absolute}`
  }

  /** Runs the tests of a module inside of the editor; fails if one fails. */
  async runInside(folder, extension, tests) {
    let finish
    const ended = new Promise((resolve) => (finish = resolve))
    const payload = [
      ['extensionDevelopmentPath', this.remote(extension)],
      ['extensionTestsPath', this.remote(tests)],
      ['skipWelcome', 'true'],
    ]
    const expose = { codeAutomationLog: () => {}, codeAutomationExit: (code) => finish(code) }
    const page = await this.open(folder, payload, { expose })
    const timeout = setTimeout(() => finish('no end'), 20 * PATIENCE)
    const code = await ended
    clearTimeout(timeout)
    await page.close()
    return code
  }

  async stop() {
    for (const browser of this.browsers) await browser.close()
    const ended = new Promise((resolve) => this.server.once('exit', resolve))
    process.kill(-this.server.pid, 'SIGTERM')
    const forced = setTimeout(() => process.kill(-this.server.pid, 'SIGKILL'), 5000)
    await ended
    clearTimeout(forced)
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 })
  }

  async isUp() {
    const end = Date.now() + PATIENCE
    while (Date.now() < end) {
      if (this.server.exitCode !== null) break
      const answer = await fetch(`http://127.0.0.1:${this.port}/version`, { signal: AbortSignal.timeout(2000) }).catch(() => undefined)
      if (answer?.ok) return
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    throw new Error(`VS Code does not come up: ${this.log}`)
  }
}

async function freePort() {
  const server = createServer()
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}
