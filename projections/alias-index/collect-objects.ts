import { setTimeout as sleep } from 'node:timers/promises'
import { collectableObjects, type StandingPointer } from '../../domain/alias-index/collectable-objects.ts'
import type { IndexObjects } from './index-objects.ts'
import type { IndexPorts } from './index-ports.ts'

/** How long an object is kept after it was replaced, in milliseconds: whoever reads the pointer before it has time. */
export const KEEP_MS = 3_600_000

/** Removes the objects that no pointer has named for `keepMs` at the instant `now`. Answers how many. */
export async function collectObjects(
  { objects, pointers }: Pick<IndexPorts, 'objects' | 'pointers'>,
  { now, keepMs = KEEP_MS, signal }: { readonly now: number; readonly keepMs?: number; readonly signal: AbortSignal },
): Promise<number> {
  const listed = (await objects.list()).flatMap(listedObject)
  const standing = new Map<string, StandingPointer>()
  // Where a pointer cannot be read nobody knows which objects it would name: all of its scope are kept.
  for await (const [scopeKey, { value, movedAt }] of pointers.all()) standing.set(scopeKey, { pointer: value, movedAt })
  const collectable = collectableObjects(listed, standing, { now, keepMs })
  for (const name of collectable) {
    signal.throwIfAborted()
    await objects.remove(name)
  }
  return collectable.length + (await objects.removeFragments(now - keepMs))
}

/** Collects every `everyMs` milliseconds until `signal` aborts. Any process may: what one has removed is gone for all. */
export async function keepCollecting(
  ports: Pick<IndexPorts, 'objects' | 'pointers' | 'now'>,
  { everyMs, signal, onError }: { everyMs: number; signal: AbortSignal; onError: (error: unknown) => void },
): Promise<void> {
  while (!signal.aborted) {
    await sleep(everyMs, undefined, { signal }).catch(() => undefined)
    if (signal.aborted) return
    await collectObjects(ports, { now: ports.now(), signal }).catch((error: unknown) => {
      if (!signal.aborted) onError(error)
    })
  }
}

/** `site.KSEA/v7.json` and `site.KSEA/v7.2.json`; anything else in the bucket is not ours. */
function listedObject({ name, from, to, storedAt }: Awaited<ReturnType<IndexObjects['list']>>[number]) {
  const [, scopeKey, part] = /^(.+)\/v\d+(\.\d+)?\.json$/.exec(name) ?? []
  return scopeKey === undefined ? [] : [{ name, scopeKey, from, to, isPart: part !== undefined, storedAt }]
}
