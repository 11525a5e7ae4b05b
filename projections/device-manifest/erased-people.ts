import type { ClientBase } from 'pg'

/**
 * People who were erased, whom the fleet's tables show no more, but of whom old chunks may say something still. Asked
 * before a round, so that whatever that builds is without them.
 */
export async function peopleInOldChunks(ledger: ClientBase): Promise<readonly string[]> {
  const { rows } = await ledger.query<{ person: string }>(
    `select person from pharos_system.erasures where payloads_erased_at is null and scrubbed_at is not null`,
  )
  return rows.map(({ person }) => person)
}

/** No chunk says anything of them any more. */
export async function noteGoneFromChunks(ledger: ClientBase, people: readonly string[]): Promise<void> {
  await ledger.query('update pharos_system.erasures set payloads_erased_at = now() where person = any ($1)', [people])
}
