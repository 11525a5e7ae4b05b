import { installProjector } from '../../projections/install.ts'
import { channels } from '../../projections/tables/channels.ts'
import { seededRandom } from '../crash/seeded-random.ts'
import { CHANNEL, OTHER, type TelemetryWorld } from './telemetry-world.ts'

export const FROM = Date.parse('2026-01-20T00:00:00Z')
export const TO = Date.parse('2026-04-10T00:00:00Z')

/** An observation as a test remembers it; its value in hundredths. */
export interface Remembered {
  readonly atMs: number
  readonly hundredths: bigint
}

/** Moments of several months, no two the same, in no order. */
export function someHistory(seed: number, count: number): readonly Remembered[] {
  const random = seededRandom(seed)
  const moments = new Set<number>()
  while (moments.size < count) moments.add(FROM + Math.floor(random() * (TO - FROM)))
  return [...moments].map((atMs) => ({ atMs, hundredths: BigInt(Math.floor(random() * 1e9) - 5e8) }))
}

export function decimal(hundredths: bigint): string {
  const digits = String(hundredths < 0n ? -hundredths : hundredths).padStart(3, '0')
  return `${hundredths < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`
}

/** Both channels in the catalogue, and what they observed: in several messages, a part of it twice and late. */
export async function publishHistory(
  world: TelemetryWorld,
  of: ReadonlyMap<typeof CHANNEL, readonly Remembered[]>,
): Promise<void> {
  const client = await world.pool.connect()
  try {
    await installProjector(client, channels)
    for (const [n, uuid] of [CHANNEL, OTHER].entries())
      await client.query(
        `insert into channels (id, uuid, name, author, created_at, updated_at, revision) values ($1, $2, $3, 'test', now(), now(), $1)`,
        [n + 1, uuid, `channel ${n + 1}`],
      )
  } finally {
    client.release(true)
  }
  for (const [channel, history] of of) {
    const body = ({ atMs, hundredths }: Remembered) => ({
      value: decimal(hundredths),
      observed_at: new Date(atMs).toISOString(),
      hash: `h${atMs}`,
    })
    for (let first = 0; first < history.length; first += 100)
      await world.publish(history.slice(Math.max(0, first - 20), first + 100).map(body), 'gate-5', channel)
  }
}
