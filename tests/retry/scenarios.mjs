// What a retry must do, as plans for the server and checks of what the client then did.
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { startServer } from './server.mjs'

/** Longer than this, and a person would call the retry broken. In milliseconds. */
const LIMIT_MS = 60_000
/** How soon after an abort the call must have ended. */
const AT_ONCE_MS = 500
/** How long the server watches for requests that come after the end. */
const AFTERWARDS_MS = 2_500
/** A timer may fire this much before its time. */
const CLOCK_MS = 5

const after = (seconds) => ({ 'retry-after': String(seconds) })

export const SCENARIOS = [
  {
    name: 'transient-then-success',
    plan: [503, 503, 200],
    check: ({ outcome, requests }) => [
      outcome === 'success' || `503, 503, 200 must succeed, but it ended with ${outcome}`,
      requests.length === 3 || `503, 503, 200 must take 3 requests, not ${requests.length}`,
      // The sum, for a jitter that starts from zero may well make one pause very short.
      gaps(requests).reduce((sum, gap) => sum + gap, 0) >= 10 || 'the requests follow without a pause',
    ],
  },
  {
    name: 'success-at-once',
    plan: [200],
    check: ({ outcome, requests }) => [
      outcome === 'success' || `200 must succeed, but it ended with ${outcome}`,
      requests.length === 1 || `200 must take 1 request, not ${requests.length}`,
    ],
  },
  {
    name: 'permanent-failure',
    plan: [400],
    afterwards: true,
    check: ({ outcome, requests }) => [
      outcome === 'failure' || `400 must fail, but it ended with ${outcome}`,
      requests.length === 1 || `400 is no transient error: 1 request, not ${requests.length}`,
    ],
  },
  {
    name: 'gives-up',
    plan: [503],
    afterwards: true,
    check: ({ outcome, requests }) => [
      outcome === 'failure' || `503 for ever must fail in the end, but it ended with ${outcome}`,
      (requests.length >= 2 && requests.length <= 10) || `503 for ever must take from 2 to 10 requests, not ${requests.length}`,
    ],
  },
  {
    name: 'connection-reset',
    plan: ['reset', 200],
    check: ({ outcome, requests }) => [
      outcome === 'success' || `a connection that is cut once must not be the end, but it ended with ${outcome}`,
      requests.length === 2 || `a cut connection and 200 must take 2 requests, not ${requests.length}`,
    ],
  },
  ...[429, 503].map((status) => ({
    name: `retry-after-${status}`,
    plan: [{ status, headers: after(1) }, 200],
    check: ({ outcome, requests }) => [
      outcome === 'success' || `${status} with Retry-After and then 200 must succeed, but it ended with ${outcome}`,
      requests.length === 2 || `${status} with Retry-After and then 200 must take 2 requests, not ${requests.length}`,
      gaps(requests).every((gap) => gap >= 1_000 - CLOCK_MS) ||
        `Retry-After: 1 asks for a second, and the next request came after ${gaps(requests).map(Math.round)} ms`,
    ],
  })),
  {
    name: 'abort-while-waiting',
    plan: [{ status: 503, headers: after(2) }],
    abortAfterMs: 400,
    afterwards: true,
    check: ({ outcome, requests, sinceAbort }) => [
      outcome === 'failure' || `an abort must end the call as a failure, but it ended with ${outcome}`,
      sinceAbort <= AT_ONCE_MS || `an abort must end the wait at once, not after ${Math.round(sinceAbort)} ms`,
      requests.length === 1 || `no request may follow an abort: 1 in all, not ${requests.length}`,
    ],
  },
  {
    name: 'abort-while-requesting',
    plan: ['hang'],
    abortAfterMs: 400,
    afterwards: true,
    check: ({ outcome, requests, sinceAbort }) => [
      outcome === 'failure' || `an abort must end the call as a failure, but it ended with ${outcome}`,
      sinceAbort <= AT_ONCE_MS || `an abort must end the request at once, not after ${Math.round(sinceAbort)} ms`,
      requests.length === 1 || `no request may follow an abort: 1 in all, not ${requests.length}`,
    ],
  },
]

/** Milliseconds from the end of each answer to the next request. */
function gaps(requests) {
  return requests.slice(1).map((request, index) => request.at - (requests[index].answeredAt ?? requests[index].at))
}

/**
 * Plays one scenario. `start({ url, abortAfterMs })` begins the call and returns
 * `{ ended: Promise<{ outcome, sinceAbort? }>, kill }`; an outcome is 'success' or 'failure'.
 */
export async function play(scenario, start) {
  const server = await startServer(scenario.plan)
  const began = performance.now()
  const call = start({ url: server.url, abortAfterMs: scenario.abortAfterMs })
  const limit = new AbortController()
  const end = await Promise.race([
    call.ended,
    sleep(LIMIT_MS, { outcome: `no end within ${LIMIT_MS / 1_000} s` }, { signal: limit.signal }),
  ])
  limit.abort()
  const milliseconds = Math.round(performance.now() - began)

  const reached = server.requests.length > 0
  if (scenario.afterwards) await sleep(AFTERWARDS_MS)
  call.kill?.()
  await server.close()

  const facts = { sinceAbort: Infinity, ...end, requests: server.requests }
  const problems = reached ? scenario.check(facts).filter((held) => held !== true) : ['no request was made']
  if (problems.length > 0 && end.error) problems.push(`it said: ${end.error}`)
  return { name: scenario.name, problems, requests: server.requests.length, milliseconds }
}
