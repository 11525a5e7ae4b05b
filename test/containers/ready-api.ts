import { eventually } from '../support/eventually.ts'
import type { Compose } from './compose.ts'
import { MINUTES } from './in-containers.ts'

/** Where the composed API answers, when it and all that it needs is ready. */
export function readyApi(compose: Compose): Promise<string> {
  return eventually(
    async () => {
      // Asked for each time: a container that the engine had to start again, as on a busy machine, has another free port.
      const api = await compose.address('http', 8000)
      const answer = await fetch(`${api}/readyz`, { signal: AbortSignal.timeout(5000) })
      return answer.status === 200 ? api : undefined
    },
    { timeoutMs: 5 * MINUTES, intervalMs: 500, what: 'the composed API is ready' },
  )
}
