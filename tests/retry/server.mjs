// A local HTTP server that answers by a plan and notes when each request came.
//
//   import { startServer } from './server.mjs'
//   node server.mjs '[503, 503, 200]'     prints its address, then a line of JSON per request
//
// A step of a plan is a status (503), a status with headers ({ status: 429, headers: { 'retry-after': '1' } }),
// 'hang' (the request is never answered) or 'reset' (the connection is cut). The last step repeats.
import { createServer } from 'node:http'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'

/**
 * @param {Array<number | { status: number, headers?: Record<string, string> } | 'hang' | 'reset'>} plan
 * @returns the address, the requests so far (`at` and `answeredAt` in milliseconds), and `close`
 */
export async function startServer(plan, { onRequest = () => {} } = {}) {
  const requests = []

  const server = createServer((request, response) => {
    const step = plan[Math.min(requests.length, plan.length - 1)]
    const entry = { number: requests.length + 1, method: request.method, step, at: performance.now(), answeredAt: null }
    requests.push(entry)
    request.resume()
    onRequest(entry)

    if (step === 'hang') return
    if (step === 'reset') {
      request.socket.destroy()
      entry.answeredAt = performance.now()
      return
    }
    const { status, headers = {} } = typeof step === 'number' ? { status: step } : step
    // Each request has a connection of its own, so that no client repeats one by itself on a stale one.
    response.writeHead(status, { 'content-type': 'application/json', connection: 'close', ...headers })
    response.end(JSON.stringify({ status, number: entry.number }), () => {
      entry.answeredAt = performance.now()
    })
  })

  await new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })

  return {
    url: `http://127.0.0.1:${server.address().port}/resource`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve)
        server.closeAllConnections()
      }),
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const plan = JSON.parse(process.argv[2] ?? '[200]')
  const server = await startServer(plan, { onRequest: (entry) => console.log(JSON.stringify(entry)) })
  console.log(JSON.stringify({ url: server.url }))
}
