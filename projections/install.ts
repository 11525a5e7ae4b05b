import { createHash } from 'node:crypto'
import type { ClientBase } from 'pg'
import { createGeneration, existingGenerations, generationSchema, liveGeneration, useGeneration } from './generation.ts'
import { CREATE_PARKED } from './parked.ts'
import type { Installable } from './projector.ts'
import { publishViews } from './publish-views.ts'
import { inTransaction } from './in-transaction.ts'

/**
 * Makes the projector's tables, empty, and its views, unless they are there. Safe to call at every start and from many
 * processes at once. Tables of another code version are left as they are, views too: they change by a rebuild. Of two
 * releases with the same tables the owner's views are shown: a standby leaves those that there are.
 * The migrations must have been applied. Leaves the session's search path on the live generation.
 */
export async function installProjector(
  client: ClientBase,
  projector: Installable,
  as: 'owner' | 'standby' = 'owner',
): Promise<void> {
  const digest = definitionDigest(projector)
  await inTransaction(client, async () => {
    await client.query(`set local lock_timeout = '10s'`)
    await client.query('select pg_advisory_xact_lock($1)', [DEFINITIONS_LOCK])
    const live = await liveGeneration(client, projector.name)
    if (live === undefined) {
      const restored =
        projector.isData === true ? (await existingGenerations(client, projector.name)).at(-1) : undefined
      if (restored !== undefined) return registerGeneration(client, projector, restored)
      // Left by a rebuild of a projector that was never live; nothing shows it.
      await client.query(`drop schema if exists ${generationSchema(projector.name, projector.version)} cascade`)
      await createGeneration(client, projector, projector.version)
      for (const piece of projector.completion) await client.query(piece)
      await registerGeneration(client, projector, projector.version)
      return
    }
    await useGeneration(client, projector.name, live)
    if (as === 'standby') return
    const { rowCount } = await client.query(
      `select from pharos_system.projections cross join checkpoint
       where projections.projector = $1 and digest <> $2 and code_version = $3`,
      [projector.name, digest, projector.version],
    )
    if (rowCount !== 0) await registerGeneration(client, projector, live)
  })
}

/** Makes `generation` the live one, views and all; within a transaction that holds {@link DEFINITIONS_LOCK}. */
export async function registerGeneration(
  client: ClientBase,
  projector: Installable,
  generation: number,
): Promise<void> {
  await client.query(
    `insert into pharos_system.projections (projector, generation, digest) values ($1, $2, $3)
     on conflict (projector) do update
     set generation = excluded.generation, digest = excluded.digest, installed_at = now()`,
    [projector.name, generation, definitionDigest(projector)],
  )
  await useGeneration(client, projector.name, generation)
  // A generation that an older release has made may be without it.
  await client.query(CREATE_PARKED)
  await publishViews(client, projector)
}

/** Advisory lock of whoever changes what schema `pharos` shows. "phdf" as a number. */
export const DEFINITIONS_LOCK = 0x70686466

function definitionDigest(projector: Installable): string {
  const { version, tables, completion, views } = projector
  return createHash('sha256')
    .update(JSON.stringify({ version, tables, completion, views, CREATE_PARKED }))
    .digest('hex')
}
