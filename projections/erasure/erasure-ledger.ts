import type { ClientBase } from 'pg'

/** Somebody whose erasure was decided, and where in the log. */
export interface ErasedPerson {
  readonly person: string
  readonly position: number
}

/** Most that are given at once. */
const SOME = 500

/** Notes people as erased, if they are not: from here on no restore brings them back. */
export async function recordErasures(client: ClientBase, persons: readonly string[], at: Date): Promise<void> {
  await client.query(
    `insert into pharos_system.erasures (person, erased_at)
     select person, $2 from unnest($1::text[]) as person
     on conflict (person) do nothing`,
    [persons, at.toISOString()],
  )
}

/** Everybody who was ever erased, by id. */
export async function erasedPersons(client: ClientBase): Promise<readonly string[]> {
  const { rows } = await client.query<{ person: string }>('select person from pharos_system.erasures order by person')
  return rows.map(({ person }) => person)
}

/** Keys may have come back, and rows: these people of the ledger have to be erased again, everybody unless they are named. */
export async function reopenErasures(client: ClientBase, persons?: readonly string[]): Promise<void> {
  await client.query(
    `update pharos_system.erasures set key_destroyed_at = null, scrubbed_at = null, payloads_erased_at = null
     where $1::text[] is null or person = any ($1)`,
    [persons ?? null],
  )
}

/** Some whose key is to be destroyed, of the generation that the session works in, after noting them in the ledger. */
export async function undestroyed(client: ClientBase): Promise<readonly string[]> {
  const { rows } = await client.query<{ person: string }>(
    `with open as (
       select erased_persons.person, erased_persons.erased_at
       from erased_persons
       left join pharos_system.erasures as ledger on ledger.person = erased_persons.person
       where ledger.key_destroyed_at is null
       order by erased_persons.position
       limit $1
     ), noted as (
       insert into pharos_system.erasures (person, erased_at) select person, erased_at from open
       on conflict (person) do nothing
     )
     select person from open`,
    [SOME],
  )
  return rows.map(({ person }) => person)
}

export async function noteDestroyed(client: ClientBase, persons: readonly string[]): Promise<void> {
  await client.query('update pharos_system.erasures set key_destroyed_at = now() where person = any ($1)', [persons])
}

/** In the ledger, but the log says nothing of it: a restore has brought a log from before their erasure. */
export async function forgotten(client: ClientBase): Promise<readonly string[]> {
  const { rows } = await client.query<{ person: string }>(
    `select person from pharos_system.erasures as ledger
     where not exists (select from erased_persons where erased_persons.person = ledger.person)
     order by person`,
  )
  return rows.map(({ person }) => person)
}

/**
 * Those whose rows are deleted wherever they were shown, but whose rows' bytes may still be there: all projectors in
 * `shownBy` have passed their erasure, and hold nothing of them back.
 */
export async function unscrubbed(
  client: ClientBase,
  shownBy: readonly string[],
): Promise<{ readonly ready: readonly string[]; readonly waiting: boolean }> {
  const { rows } = await client.query<{ person: string; ready: boolean }>(
    `select
       ledger.person,
       not exists (
         select from pharos.projection_checkpoints as checkpoint
         where checkpoint.projector = any ($1) and checkpoint.position < erased_persons.position
       ) and not exists (
         select from pharos.parked
         where parked.projector = any ($1) and parked.aggregate = 'evt.user.' || ledger.person
       ) as ready
     from pharos_system.erasures as ledger
     join erased_persons on erased_persons.person = ledger.person
     where ledger.key_destroyed_at is not null and ledger.scrubbed_at is null`,
    [shownBy],
  )
  const ready = rows.filter((row) => row.ready).map(({ person }) => person)
  return { ready, waiting: ready.length < rows.length }
}

export async function noteScrubbed(client: ClientBase, persons: readonly string[]): Promise<void> {
  await client.query('update pharos_system.erasures set scrubbed_at = now() where person = any ($1)', [persons])
}
