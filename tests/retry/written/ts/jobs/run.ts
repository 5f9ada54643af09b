export async function run(url: string, signal: AbortSignal): Promise<unknown> {
  const response = await fetch(`${url}/daily`, { signal: AbortSignal.any([signal, AbortSignal.timeout(5_000)]) })
  if (!response.ok) throw new Error(`answered ${response.status}`)
  return response.json()
}
