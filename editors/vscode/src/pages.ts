// The page of each rule, shown in the editor: what the server's links point to is read without leaving it.

import * as vscode from 'vscode'

/** Documents of this scheme are pages of rules; `package.json` has them opened as Markdown previews. */
export const PAGE_SCHEME = 'plimsoll-rule'

/** The command that opens a page, which links in hovers may run. */
export const EXPLAIN = 'plimsoll.explain'

/** Where the server says that pages are. */
const WEB_PAGE = /https:\/\/plimsoll\.dev\/rules\/([a-z0-9-]+)/g

export function pageOf(rule: string): vscode.Uri {
  return vscode.Uri.from({ scheme: PAGE_SCHEME, path: `/${rule}.md` })
}

export async function openPage(rule: string): Promise<void> {
  await vscode.commands.executeCommand('vscode.openWith', pageOf(rule), 'vscode.markdown.preview.editor')
}

/** Has the link of a diagnostic's code open the page here. */
export function linkToPage(diagnostic: vscode.Diagnostic): void {
  const { code } = diagnostic
  if (typeof code === 'object' && typeof code.value === 'string') {
    diagnostic.code = { value: code.value, target: pageOf(code.value) }
  }
}

/** Has the links of a hover open the pages here. */
export function linkHoverToPages(hover: vscode.Hover): void {
  for (const content of hover.contents) {
    if (content instanceof vscode.MarkdownString) {
      content.value = content.value.replace(WEB_PAGE, (_, rule: string) => {
        return `command:${EXPLAIN}?${encodeURIComponent(JSON.stringify([rule]))}`
      })
    }
  }
}

/** Serves the pages, which the server writes. */
export class Pages implements vscode.TextDocumentContentProvider {
  private readonly changed = new vscode.EventEmitter<vscode.Uri>()
  readonly onDidChange = this.changed.event

  /** `ask` has the server write a page. */
  constructor(private readonly ask: (rule: string) => Promise<string>) {}

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const rule = uri.path.replace(/^\//, '').replace(/\.md$/, '')
    try {
      return await this.ask(rule)
    } catch (error) {
      return `# ${rule}\n\nThe page cannot be shown now: ${error instanceof Error ? error.message : String(error)}\n`
    }
  }

  /** Has pages that are open written again: the server may be another one. */
  refresh(): void {
    for (const document of vscode.workspace.textDocuments) {
      if (document.uri.scheme === PAGE_SCHEME) this.changed.fire(document.uri)
    }
  }

  dispose(): void {
    this.changed.dispose()
  }
}
