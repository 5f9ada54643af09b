// The rules that a program knows, as it tells them.

import { run } from './program'

/** What is told of a rule. */
export interface Rule {
  readonly id: string
  readonly category: string
  readonly summary: string
}

/** Asks a program for its rules. Fails with a sentence if it is none of Plimsoll's. */
export async function askForRules(program: string): Promise<Rule[]> {
  const output = await run(program, ['rules', '--format', 'json']).catch((error: unknown) => {
    throw new Error(`\`${program}\` cannot be started: ${error instanceof Error ? error.message : String(error)}.`, { cause: error })
  })
  const rules = output.status === 0 ? readRules(output.stdout) : undefined
  if (rules === undefined) {
    const told = output.stderr.trim().split('\n', 1)[0]
    throw new Error(`\`${program}\` does not answer as Plimsoll does${told ? `: ${told}` : ''}.`)
  }
  return rules
}

function readRules(text: string): Rule[] | undefined {
  try {
    const told: unknown = JSON.parse(text)
    return Array.isArray(told) ? told.filter(isRule) : undefined
  } catch {
    // Whatever else it is, it is no list of rules: the caller says so.
    return undefined
  }
}

function isRule(told: unknown): told is Rule {
  const rule = told as Partial<Record<keyof Rule, unknown>> | null
  return [rule?.id, rule?.category, rule?.summary].every((part) => typeof part === 'string')
}
