// Drives VS Code as a user does, by keys and what is to be seen: a quick fix from its menu, the view of the audit, and
// what is said when there is no server. `--pictures FOLDER` makes the pictures of the extension's page on the way.
//   node outside.mjs TOOLS VSIX PROGRAM [--pictures FOLDER]

import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { copySample } from './sample.mjs'
import { VsCode } from './vscode.mjs'

const [tools, vsix, program, option, pictures] = process.argv.slice(2)
const SIZE = { width: 1200, height: 750 }
const CHAT = 'src/server/integrations/chat.ts'
const LAST = "    body: JSON.stringify({ channel: '#shop', text }),\n"

const folder = await mkdtemp(path.join(tmpdir(), 'plimsoll-outside-'))
const project = path.join(folder, 'shop')
await copySample(project)
if (option === '--pictures') {
  await writeFile(path.join(project, 'plimsoll.toml'), 'preview = true\n')
  // The project's dependencies are not there, which TypeScript would tell beside.
  await writeFile(path.join(project, 'tsconfig.json'), '{ "compilerOptions": { "strict": true } }\n')
}
const look = { 'workbench.colorTheme': 'Default Dark Modern', 'editor.minimap.enabled': false, 'workbench.tips.enabled': false, 'workbench.secondarySideBar.defaultVisibility': 'hidden' }
const quiet = { 'typescript.validate.enable': false, 'javascript.validate.enable': false, 'json.validate.enable': false, 'git.enabled': false }
const vscode = await VsCode.start({ tools, vsix, settings: { ...look, ...quiet }, machine: { 'plimsoll.path': program } })

async function picture(page, name, clip) {
  if (option !== '--pictures') return
  // What the pointer is over would be lit and tell more.
  await page.mouse.move(950, 12)
  await page.waitForTimeout(1000)
  await page.screenshot({ path: path.join(pictures, `${name}.png`), ...(clip && { clip }) })
}

/** Runs a command of the palette by its title. */
async function command(page, title) {
  await page.keyboard.press('F1')
  await page.keyboard.type(title)
  await page.locator('.quick-input-list .monaco-list-row', { hasText: title }).first().waitFor()
  await page.keyboard.press('Enter')
}

/** Presses keys until something is to be seen: the first ones after the start may be swallowed. */
async function pressUntil(page, keys, seen) {
  for (let turn = 0; turn < 20; turn += 1) {
    await page.keyboard.press(keys)
    if (await seen.waitFor({ timeout: 1500 }).then(() => true, () => false)) return
  }
  throw new Error(`${keys} was pressed in vain`)
}

async function openFile(file) {
  const page = await vscode.open(project, [['openFile', vscode.remote(path.join(project, file))]], { size: SIZE })
  await page.locator(`.tab[data-resource-name="${path.basename(file)}"]`).waitFor()
  return page
}

const tests = {
  async 'a quick fix is taken from the menu, and is on the disk'() {
    const before = await readFile(path.join(project, CHAT), 'utf8')
    const after = before.replace(LAST, `${LAST}    signal: AbortSignal.timeout(10_000),\n`)
    assert.notEqual(after, before)
    const page = await openFile(CHAT)
    await page.locator('.squiggly-warning').first().waitFor()
    await page.keyboard.press('Control+Shift+M')
    const row = page.locator('.markers-panel .monaco-list-row', { hasText: 'waits for minutes' })
    await row.first().waitFor()
    await row.first().dblclick()
    await picture(page, 'findings')
    const fix = page.locator('.action-widget .monaco-list-row', { hasText: 'Add a time limit' })
    await pressUntil(page, 'Control+Period', fix.first())
    await picture(page, 'quick-fix')
    await fix.first().click()
    await page.locator('.squiggly-warning').first().waitFor({ state: 'detached' })
    await page.keyboard.press('Control+S')
    for (let turn = 0; turn < 100 && (await readFile(path.join(project, CHAT), 'utf8')) !== after; turn += 1) await page.waitForTimeout(100)
    assert.equal(await readFile(path.join(project, CHAT), 'utf8'), after)
    await page.close()
  },

  async 'the view asks the questions of the audit, and leads to the findings'() {
    const page = await openFile('src/server/orders/lookup.ts')
    await page.locator('.squiggly-warning').first().waitFor()
    await command(page, 'Plimsoll: Check the Workspace')
    const tree = page.locator('.pane-body', { hasText: 'Does it survive concurrency?' })
    await tree.waitFor()
    for (const text of ['Does every async operation handle its errors?', 'Does everything get cleaned up?', 'real data volumes and hostile input?']) {
      await tree.locator('.monaco-list-row', { hasText: text }).waitFor()
    }
    const question = tree.locator('.monaco-list-row', { hasText: 'slow and failing neighbours?' })
    const finding = tree.locator('.monaco-list-row', { hasText: 'axios.get' }).first()
    // A question with few findings shows them by itself.
    for (let turn = 0; turn < 10; turn += 1) {
      if (await finding.waitFor({ timeout: 3000 }).then(() => true, () => false)) break
      await question.click()
    }
    await finding.click()
    await page.locator('.tab.active[data-resource-name="importSupplierPrices.ts"]').waitFor()
    await picture(page, 'audit')
    await page.close()
  },

  async 'a rule is explained in a preview'() {
    const page = await openFile('src/server/orders/lookup.ts')
    await page.locator('.squiggly-warning').first().waitFor()
    await command(page, 'Plimsoll: Explain a Rule')
    await page.locator('.quick-input-list .monaco-list-row', { hasText: 'blocking-in-async' }).first().waitFor()
    await page.keyboard.type('missing-index')
    await page.locator('.quick-input-list .monaco-list-row.focused', { hasText: 'missing-index' }).waitFor()
    await page.keyboard.press('Enter')
    const preview = page.frameLocator('iframe.webview').frameLocator('iframe')
    await preview.locator('h1', { hasText: 'missing-index' }).waitFor()
    await preview.locator('h2', { hasText: 'What happens' }).waitFor()
    await picture(page, 'explain')
    await page.close()
  },

  async 'without a server it says so, and leads to the instructions'() {
    await vscode.set('Machine', { 'plimsoll.path': '/no/such/plimsoll' })
    const page = await openFile(CHAT)
    // Under the driver of its own tests, VS Code keeps what it has to say behind the bell.
    await page.locator('.statusbar-item.has-background-color', { hasText: 'Plimsoll' }).waitFor()
    await command(page, 'Notifications: Show Notifications')
    const told = page.locator('.notifications-center .notification-list-item', { hasText: 'Plimsoll has no server to start' })
    await told.first().waitFor()
    await picture(page, 'missing')
    assert.match(await told.first().innerText(), /\/no\/such\/plimsoll/)
    await told.first().locator('.monaco-button', { hasText: 'How to Install' }).click()
    const preview = page.frameLocator('iframe.webview').frameLocator('iframe')
    await preview.locator('h1', { hasText: 'Installing the server' }).waitFor()
    await page.close()
  },
}

let failed = 0
try {
  for (const [name, test] of Object.entries(tests)) {
    const begin = Date.now()
    try {
      await test()
      console.log(`ok   ${name} (${Date.now() - begin} ms)`)
    } catch (error) {
      failed += 1
      console.log(`FAIL ${name}\n${error.stack}`)
      const [last] = vscode.browsers.at(-1).contexts()[0]?.pages() ?? []
      if (option === '--pictures') await last?.screenshot({ path: path.join(pictures, `failed-${failed}.png`) })
    }
  }
} finally {
  await vscode.stop()
  await rm(folder, { recursive: true, force: true })
}
console.log(`${Object.keys(tests).length - failed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
