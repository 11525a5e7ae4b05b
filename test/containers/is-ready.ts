/** Whether the process at this address says that it and all that it needs is ready. */
export async function isReady(api: string): Promise<boolean> {
  const answer = await fetch(`${api}/readyz`, { signal: AbortSignal.timeout(5000) })
  return answer.status === 200
}
