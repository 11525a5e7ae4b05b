import type { ClientBase, Pool } from 'pg'

/**
 * The aggregates that a projector holds back, of those whose subject begins so: as of `from` on, its tables do not show
 * them as they are. Another projection must then not publish what is made of them, such as a scope's index or a device's
 * manifest. Asks in whatever transaction the client is, so the answer fits what else is read there.
 */
export async function aggregatesHeldBy(
  client: ClientBase | Pool,
  projector: string,
  subjectPrefix = '',
): Promise<readonly { readonly aggregate: string; readonly from: number }[]> {
  const { rows } = await client.query<{ aggregate: string; from_position: string }>(
    `select aggregate, from_position from pharos.parked
     where projector = $1 and starts_with(aggregate, $2)
     order by aggregate`,
    [projector, subjectPrefix],
  )
  return rows.map(({ aggregate, from_position }) => ({ aggregate, from: Number(from_position) }))
}
