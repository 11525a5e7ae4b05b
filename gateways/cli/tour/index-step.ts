import { AliasIndexPointers } from '../../../infra/jetstream/alias-index-pointers.ts'
import { type AliasIndexPointer, indexScopeKey } from '../../../schemas/alias-index.ts'
import { parsePosition } from '../../../schemas/position.ts'
import type { Scope } from '../../../schemas/scope.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Pharos } from '../../client/index.ts'
import type { Platform } from '../platform/platform.ts'

/** An index version moving as a change is made. */
export interface IndexStep {
  readonly scope: string
  readonly before: number
  readonly after: number
  /** From sending the change until the pointer named a version that contains it. */
  readonly ms: number
}

const SCOPE: Scope & { readonly kind: 'node' } = { kind: 'node', site: 'SEA', node: 'tower' }
const SPELLINGS = ['Primary_Sensor', 'PRIMARY_SENSOR'] as const
const LOOK_MS = 2
const PATIENCE_MS = 60_000

/** Spells a name of the sample the other way, which leaves its meaning, and waits for the version of the index that says so. */
export async function moveIndex(
  { connection }: Pick<Platform, 'connection'>,
  client: Pharos,
  stop: AbortSignal,
): Promise<IndexStep> {
  const signal = AbortSignal.any([stop, AbortSignal.timeout(PATIENCE_MS)])
  const pointers = await AliasIndexPointers.open(connection)
  const scope = indexScopeKey({ kind: 'site', site: SCOPE.site })
  // The first versions of thousands of sites may still be on their way.
  const { version: before } = await pointerFrom(0)
  const current = await client.query('alias.get', { scope: SCOPE, name: SPELLINGS[0] }, { signal })
  const newName = current.status === 'ok' && current.value.name === SPELLINGS[0] ? SPELLINGS[1] : SPELLINGS[0]
  const started = performance.now()
  const result = await client.command('alias.rename', { scope: SCOPE, name: SPELLINGS[0], newName }, { signal })
  if (result.status !== 'accepted') throw new Error(`the tour's change was answered ${JSON.stringify(result)}`)
  const { sequence } = parsePosition(result.position)
  const { version: after } = await pointerFrom(sequence)
  return { scope, before, after, ms: Math.round((performance.now() - started) * 100) / 100 }

  /** The scope's pointer, once it knows the log up to `position`. */
  async function pointerFrom(position: number): Promise<AliasIndexPointer> {
    for (;;) {
      const pointer = (await pointers.read(scope))?.value
      if (pointer !== undefined && pointer.position >= position) return pointer
      await sleep(LOOK_MS, undefined, { signal })
    }
  }
}
