// The helper that shop-ts has, imported from where it lies.
import { getJson } from '../../../fixtures/projects/shop-ts/src/server/lib/http'
import { withRetry } from '../../../fixtures/projects/shop-ts/src/server/lib/retry'

export function run(url: string, signal: AbortSignal): Promise<unknown> {
  return withRetry(() => getJson(url, { signal }), { signal })
}
