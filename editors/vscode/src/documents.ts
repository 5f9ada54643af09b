// Which documents the server is told of.

import type { DocumentSelector } from 'vscode-languageclient/node'

const LANGUAGES = ['typescript', 'typescriptreact', 'javascript', 'javascriptreact', 'rust', 'prisma', 'sql']

// Prisma's language is known only with its own extension. Of the rest, what is typed and not saved yet counts too.
const PATTERNS = ['**/*.{prisma,sql}', '**/{plimsoll.toml,package.json,Cargo.toml}', '**/{tsconfig,jsconfig}*.json']

/** Files, and documents that were never saved; other schemes show what also exists elsewhere. */
export const SELECTOR: DocumentSelector = [
  ...LANGUAGES.flatMap((language) => ['file', 'untitled'].map((scheme) => ({ scheme, language }))),
  ...PATTERNS.map((pattern) => ({ scheme: 'file', pattern })),
]
