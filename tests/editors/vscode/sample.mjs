// A copy of the sample project, which shows only what a project shows by itself.

import { cp, writeFile } from 'node:fs/promises'
import path from 'node:path'

const SAMPLE = path.join(import.meta.dirname, '../../../fixtures/projects/shop-ts')

export async function copySample(to) {
  const filter = (from) => !['node_modules', '.plimsoll'].includes(path.basename(from))
  await cp(SAMPLE, to, { recursive: true, filter })
  // The sample asks for previews itself. Here that is up to the editor's settings.
  await writeFile(path.join(to, 'plimsoll.toml'), '')
}
