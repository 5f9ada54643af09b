// How often a server that ends by itself is started again. Nothing of the editor is known here.

/** The most starts after an end within `WINDOW_MS`. */
export const MAX_RESTARTS = 4

/** For how long an end counts. */
export const WINDOW_MS = 3 * 60 * 1000

/** Counts ends, so that a server which ends at once every time is given up. */
export class Restarts {
  private ends: number[] = []

  /** Tells whether to start again after an end at `now`, in milliseconds. */
  mayRestart(now: number): boolean {
    this.ends = this.ends.filter((end) => now - end < WINDOW_MS)
    this.ends.push(now)
    return this.ends.length <= MAX_RESTARTS
  }
}
