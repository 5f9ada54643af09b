// The library's client, which asks for the diagnostics of every open document.

import * as vscode from 'vscode'
import { type DiagnosticCollectionProvider, DiagnosticCollectionSource, LanguageClient, type VisibleDocuments } from 'vscode-languageclient/node'

/** By itself the library asks only for documents that have a tab. Assistants also write to documents that have none. */
export class Client extends LanguageClient {
  private readonly openDocuments = new OpenDocuments()

  override get visibleDocuments(): VisibleDocuments {
    // The constructor of the library's class may ask before there are any.
    return this.openDocuments ?? super.visibleDocuments
  }

  override async dispose(timeout?: number): Promise<void> {
    this.openDocuments.dispose()
    await super.dispose(timeout)
  }
}

/** All documents that are open count as visible. */
class OpenDocuments implements VisibleDocuments, vscode.Disposable {
  private readonly opened = new vscode.EventEmitter<Set<vscode.Uri>>()
  private readonly closed = new vscode.EventEmitter<Set<vscode.Uri>>()
  private readonly listeners = vscode.Disposable.from(
    vscode.workspace.onDidOpenTextDocument(({ uri }) => this.opened.fire(new Set([uri]))),
    vscode.workspace.onDidCloseTextDocument(({ uri }) => this.closed.fire(new Set([uri]))),
  )
  readonly onOpen = this.opened.event
  readonly onClose = this.closed.event

  isActive(document: vscode.TextDocument | vscode.Uri): boolean {
    return vscode.window.activeTextEditor?.document.uri.toString() === uriOf(document).toString()
  }

  isVisible(document: vscode.TextDocument | vscode.Uri): boolean {
    return isOpen(uriOf(document))
  }

  getResources(): Set<vscode.Uri> {
    return new Set(vscode.workspace.textDocuments.map(({ uri }) => uri))
  }

  dispose(): void {
    this.listeners.dispose()
    this.opened.dispose()
    this.closed.dispose()
  }
}

/**
 * What was told of a document is forgotten when it is closed, as what the server sends by itself is. The library would
 * keep it until the server tells of the file, which the server does only if the file changes.
 */
export class Collections implements DiagnosticCollectionProvider {
  private listener: vscode.Disposable | undefined

  create(name: string | undefined, source: DiagnosticCollectionSource): vscode.DiagnosticCollection {
    const collection = vscode.languages.createDiagnosticCollection(name)
    if (source === DiagnosticCollectionSource.pull) {
      this.listener = vscode.workspace.onDidCloseTextDocument(({ uri }) => collection.delete(uri))
    }
    return collection
  }

  dispose(collection: vscode.DiagnosticCollection, source: DiagnosticCollectionSource): void {
    if (source === DiagnosticCollectionSource.pull) this.listener?.dispose()
    collection.dispose()
  }
}

/** Whether a document is open, with a tab or without one. */
export function isOpen(uri: vscode.Uri): boolean {
  return vscode.workspace.textDocuments.some((document) => !document.isClosed && document.uri.toString() === uri.toString())
}

function uriOf(document: vscode.TextDocument | vscode.Uri): vscode.Uri {
  return document instanceof vscode.Uri ? document : document.uri
}
