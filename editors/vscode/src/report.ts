// What `plimsoll check --format json` prints, as far as it is needed here.

export interface ReportedRange {
  /** Lines and columns count from 1, columns in characters. */
  readonly start: { readonly line: number; readonly column: number }
  readonly end: { readonly line: number; readonly column: number }
}

export interface Related {
  readonly path: string
  readonly range: ReportedRange
  readonly message: string
}

export interface Reported extends Related {
  readonly rule: string
  readonly severity: string
  readonly related: readonly Related[]
}

export interface Report {
  readonly version: 1
  readonly summary: { readonly files: number; readonly findings: number }
  /** Whether all that was asked for could be read. */
  readonly complete: boolean
  readonly findings: readonly Reported[]
}

/** Reads a report, if it is one of the version that is understood here. */
export function readReport(text: string): Report | undefined {
  try {
    const told: unknown = JSON.parse(text)
    return isReport(told) ? told : undefined
  } catch {
    // Nothing was printed, or not to the end.
    return undefined
  }
}

/** Within a version the shape is a promise. */
function isReport(told: unknown): told is Report {
  return typeof told === 'object' && told !== null && 'version' in told && told.version === 1
}
