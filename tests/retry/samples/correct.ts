// A retry as it should be: exponential backoff with jitter, limited attempts, Retry-After kept,
// only transient errors, and an abort that ends the wait as well as the request.
class StatusError extends Error {
  constructor(
    readonly status: number,
    readonly retryAfter: string | null,
  ) {
    super(`answered ${status}`)
  }
}

async function withRetry<T>(operation: () => Promise<T>, signal: AbortSignal, attempts = 4): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await operation()
    } catch (error) {
      if (attempt >= attempts || signal.aborted || !isTransient(error)) throw error
      const ceiling = Math.min(10_000, 200 * 2 ** attempt)
      await pause(Math.max(ceiling / 2 + (Math.random() * ceiling) / 2, retryAfterMs(error)), signal)
    }
  }
}

function isTransient(error: unknown): boolean {
  if (error instanceof StatusError) return error.status === 429 || error.status >= 500
  return error instanceof TypeError || (error as Error).name === 'TimeoutError'
}

function retryAfterMs(error: unknown): number {
  if (!(error instanceof StatusError) || error.retryAfter === null) return 0
  const seconds = Number(error.retryAfter)
  return Math.min(30_000, Math.max(0, Number.isNaN(seconds) ? Date.parse(error.retryAfter) - Date.now() : seconds * 1000))
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const onAbort = () => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort)
      resolve()
    }, ms)
    signal.addEventListener('abort', onAbort, { once: true })
  })
}

export function run(url: string, signal: AbortSignal): Promise<unknown> {
  return withRetry(async () => {
    const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(5_000)]) })
    if (!response.ok) throw new StatusError(response.status, response.headers.get('retry-after'))
    return response.json()
  }, signal)
}
