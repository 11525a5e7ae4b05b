import type { ClientBase } from 'pg'
import { Halted } from './halted.ts'
import type { HeldAggregate, HeldAggregates } from './held-aggregates.ts'

/** DDL of the table in each generation's schema. */
export const CREATE_PARKED = `
  create table if not exists parked (
    aggregate text collate "C" primary key,
    -- Its first event that is not applied.
    from_position bigint not null,
    -- The parked event that it waits for.
    cause bigint not null,
    error text not null,
    parked_at timestamptz not null default now(),
    -- Whether stream PARKED has been told.
    mirrored boolean not null default false
  );
  -- What else its events that are held back are about. What an older release has held could be about anything.
  alter table parked add column if not exists concerns text[] not null default '{*}'`

/** More than this is no poison but a broken projector: it stops, rather than holding back the world. */
const MAX_HELD = 10_000

/** What the generation that the session works in holds back. */
export async function readHeld(client: ClientBase): Promise<HeldAggregates> {
  const { rows } = await client.query<{
    aggregate: string
    from_position: string
    cause: string
    error: string
    concerns: string[]
  }>('select aggregate, from_position, cause, error, concerns from parked')
  return new Map(
    rows.map(({ aggregate, from_position, cause, error, concerns }) => [
      aggregate,
      { aggregate, from: Number(from_position), cause: Number(cause), error, concerns },
    ]),
  )
}

/**
 * Writes what is held now and was not before, within the transaction that moves the checkpoint.
 * @throws Halted, `failed`, when it is more than a projector may hold back.
 */
export async function recordHeld(client: ClientBase, before: HeldAggregates, now: HeldAggregates): Promise<void> {
  if (now === before) return
  const changed = [...now.values()].filter((one) => before.get(one.aggregate) !== one)
  if (now.size > MAX_HELD && now.size > before.size)
    throw new Halted('failed', changed.at(-1)?.from ?? null, `${now.size} aggregates would be held back`, {
      cause: new Error(changed.at(-1)?.error),
    })
  const column = <T>(of: (one: HeldAggregate) => T): T[] => changed.map(of)
  await client.query(
    // Arrays of arrays must be of one length in Postgres, and JSON need not.
    `insert into parked (aggregate, from_position, cause, error, concerns)
     select aggregate, from_position, cause, error, array(select jsonb_array_elements_text(concerns))
     from unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::jsonb[])
       as held (aggregate, from_position, cause, error, concerns)
     on conflict (aggregate) do update
     set cause = excluded.cause, concerns = excluded.concerns,
       -- People are told of what is held, and why.
       mirrored = parked.mirrored and parked.cause = excluded.cause`,
    [
      column(({ aggregate }) => aggregate),
      column(({ from }) => from),
      column(({ cause }) => cause),
      column(({ error }) => error),
      column(({ concerns }) => JSON.stringify(concerns)),
    ],
  )
}
