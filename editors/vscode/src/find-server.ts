// Where the server is. Nothing of the editor is known here, so that it is tested without one.

import * as path from 'node:path'

/** What the search depends on. */
export interface Surroundings {
  readonly platform: NodeJS.Platform
  /** The variable `PATH`. */
  readonly searchPath: string | undefined
  readonly home: string
  /** Of several folders the first. */
  readonly workspaceFolder: string | undefined
  readonly extensionFolder: string
  /** Whether a path is a file that can be run. */
  readonly isProgram: (path: string) => boolean
}

/** A program, or why there is none, as whole sentences. */
export type Search = { readonly program: string } | { readonly problem: string }

/** The program of the setting; without one that of the extension, else the one on the `PATH`. */
export function findServer(setting: string, around: Surroundings): Search {
  const asked = setting.trim()
  if (asked !== '') return findAsked(asked, around)
  const flavour = flavourOf(around)
  const bundled = flavour.join(around.extensionFolder, 'server', withSuffix('plimsoll', around))
  if (around.isProgram(bundled)) return { program: bundled }
  const program = onSearchPath('plimsoll', around)
  if (program !== undefined) return { program }
  return { problem: 'There is no program `plimsoll` on the PATH, and none comes with this extension.' }
}

/** What the user has asked for is taken or missed: another program in its place would be a surprise. */
function findAsked(asked: string, around: Surroundings): Search {
  const flavour = flavourOf(around)
  if (!asked.includes('/') && !asked.includes(flavour.sep)) {
    const program = onSearchPath(asked, around)
    return program === undefined ? { problem: `There is no program \`${asked}\` on the PATH, which \`plimsoll.path\` asks for.` } : { program }
  }
  const spelled = expand(asked, around)
  if (!flavour.isAbsolute(spelled)) {
    return { problem: `\`plimsoll.path\` is \`${asked}\`, which is relative, and no folder is open that it could be in.` }
  }
  for (const candidate of spellings(spelled, around)) {
    if (around.isProgram(candidate)) return { program: candidate }
  }
  return { problem: `\`plimsoll.path\` is \`${asked}\`, which is no program that can be started.` }
}

/** `~/` is the home, and what is relative is so to the workspace. */
function expand(asked: string, around: Surroundings): string {
  const flavour = flavourOf(around)
  const folder = around.workspaceFolder
  if (asked.startsWith('~/') || asked.startsWith(`~${flavour.sep}`)) return flavour.join(around.home, asked.slice(2))
  if (folder === undefined) return asked
  const named = asked.split('${workspaceFolder}').join(folder)
  return flavour.isAbsolute(named) ? named : flavour.join(folder, named)
}

function onSearchPath(name: string, around: Surroundings): string | undefined {
  const flavour = flavourOf(around)
  for (const folder of (around.searchPath ?? '').split(flavour.delimiter)) {
    // A relative one would mean a folder of whatever project is open.
    if (!flavour.isAbsolute(folder)) continue
    for (const candidate of spellings(flavour.join(folder, name), around)) {
      if (around.isProgram(candidate)) return candidate
    }
  }
  return undefined
}

function spellings(program: string, around: Surroundings): string[] {
  const suffixed = withSuffix(program, around)
  return suffixed === program ? [program] : [suffixed, program]
}

function withSuffix(program: string, around: Surroundings): string {
  return around.platform === 'win32' && !program.toLowerCase().endsWith('.exe') ? `${program}.exe` : program
}

function flavourOf(around: Surroundings): path.PlatformPath {
  return around.platform === 'win32' ? path.win32 : path.posix
}
