import type { EventStore, Write } from '../../commands/event-store.ts'

/** Writes of one append; a multiple of what any command here writes. */
const CHUNK = 1000
const IN_FLIGHT = 3

/** Appends the writes of many commands, in chunks that split none of them. Answers the revisions, in the order of the writes. */
export async function appendAll(
  store: EventStore,
  commands: readonly (readonly Write[])[],
  signal: AbortSignal,
): Promise<readonly number[]> {
  const chunks: Write[][] = [[]]
  for (const writes of commands) {
    if ((chunks.at(-1)?.length ?? 0) + writes.length > CHUNK) chunks.push([])
    chunks.at(-1)?.push(...writes)
  }
  const revisions: (readonly number[])[] = []
  let next = 0
  async function writer(): Promise<void> {
    for (let mine = next++; mine < chunks.length; mine = next++) {
      signal.throwIfAborted()
      const appended = await store.append(chunks[mine] ?? [])
      if (appended.status !== 'appended') throw new Error(`the log cannot be filled: ${JSON.stringify(appended)}`)
      revisions[mine] = appended.revisions
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, writer))
  return revisions.flat()
}
