import type { ClientBase } from 'pg'
import { FLEET } from './fleet-snapshot.ts'

/** How far the fleet's tables have come, or `undefined` while there are none. One query: it is asked all the time. */
export async function fleetPosition(
  client: ClientBase,
): Promise<{ readonly epoch: string; readonly position: number } | undefined> {
  const { rows } = await client.query<{ epoch: string; position: number }>({
    name: 'fleet position',
    text: `
      select epoch, position::float8 as position from pharos.projection_checkpoints
      where projector = $1 and epoch is not null`,
    values: [FLEET],
  })
  return rows[0]
}
