// The settings of the extension itself. Those of reviews go to the server as they are.

import * as vscode from 'vscode'

const SECTION = 'plimsoll'

/** What only starts and stops the server, or is given to it when it starts. */
const OF_THE_START = ['enable', 'path', 'logLevel']

/** What the server takes. */
const OF_REVIEWS = ['preview', 'rules', 'files', 'overrides', 'model', 'baseline']

export const isEnabled = (): boolean => section().get('enable', true)
export const serverPath = (): string => section().get('path', '')
export const logLevel = (): string => section().get('logLevel', 'warn')
export const showsPreviews = (): boolean => section().get('preview', false)
export const isTraced = (): boolean => section().get('trace.server', 'off') !== 'off'

/** The settings of reviews, with which the server starts. */
export function ofReviews(): Record<string, unknown> {
  return Object.fromEntries(OF_REVIEWS.map((key) => [key, section().get<unknown>(key)]))
}

/** Whether somebody has set what decides what is found, beside whether previews are shown. */
export function isMoreThanPreviewSet(): boolean {
  const others = OF_REVIEWS.filter((key) => key !== 'preview' && key !== 'baseline')
  return others.some((key) => JSON.stringify(section().get(key)) !== JSON.stringify(section().inspect(key)?.defaultValue))
}

/** Whether the server must be started anew. */
export function changesTheStart(event: vscode.ConfigurationChangeEvent): boolean {
  return OF_THE_START.some((key) => event.affectsConfiguration(`${SECTION}.${key}`))
}

export function changesTheTrace(event: vscode.ConfigurationChangeEvent): boolean {
  return event.affectsConfiguration(`${SECTION}.trace.server`)
}

function section(): vscode.WorkspaceConfiguration {
  return vscode.workspace.getConfiguration(SECTION)
}
