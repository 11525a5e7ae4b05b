import type { ClientBase } from 'pg'

/** Says on the session that its holder lives, if it was silent for `everyMs`: what takes long calls it now and then. */
export function heartbeat(client: ClientBase, everyMs: number): () => Promise<void> {
  let last = performance.now()
  return async () => {
    if (performance.now() - last < everyMs) return
    // First, so that of many who call it at the same moment one says it.
    last = performance.now()
    await client.query('select')
  }
}
