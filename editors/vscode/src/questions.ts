// The questions that a reviewer asks of code which an AI wrote, and which of them a finding answers. Nothing of the
// editor is known here.

/** A question of the audit. */
export interface Question {
  readonly id: string
  readonly text: string
}

const HANDLES_ERRORS: Question = { id: 'errors', text: 'Does every async operation handle its errors?' }
const CLEANS_UP: Question = { id: 'cleanup', text: 'Does everything get cleaned up?' }
const SURVIVES_NEIGHBOURS: Question = { id: 'neighbours', text: 'Does it survive slow and failing neighbours?' }
const SURVIVES_CONCURRENCY: Question = { id: 'concurrency', text: 'Does it survive concurrency?' }
const SURVIVES_REALITY: Question = { id: 'reality', text: 'Does it survive real data volumes and hostile input?' }

/** What is none of the code's behaviour: suppressions, the configuration, and categories that came after this. */
export const OTHER: Question = { id: 'other', text: 'Beside the questions' }

/** In the order in which they are asked. */
export const QUESTIONS: readonly Question[] = [HANDLES_ERRORS, CLEANS_UP, SURVIVES_NEIGHBOURS, SURVIVES_CONCURRENCY, SURVIVES_REALITY]

/** The question of each category that the server's rules have. */
const BY_CATEGORY: Readonly<Record<string, Question>> = {
  errors: HANDLES_ERRORS,
  resources: CLEANS_UP,
  resilience: SURVIVES_NEIGHBOURS,
  operations: SURVIVES_NEIGHBOURS,
  concurrency: SURVIVES_CONCURRENCY,
  database: SURVIVES_REALITY,
  security: SURVIVES_REALITY,
  integrity: SURVIVES_REALITY,
}

/** Rules about databases that answer another question than most of them. */
const BY_RULE: Readonly<Record<string, Question>> = {
  'check-then-act': SURVIVES_CONCURRENCY,
  'lost-update': SURVIVES_CONCURRENCY,
  'missing-transaction': SURVIVES_CONCURRENCY,
  'connection-per-call': CLEANS_UP,
  'missing-connection-release': CLEANS_UP,
}

/** The question that a finding of a rule answers with “no”. */
export function questionOf(rule: string, category: string | undefined): Question {
  return BY_RULE[rule] ?? BY_CATEGORY[category ?? ''] ?? OTHER
}
