import { jetstream } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { type ChannelId, channelId } from '../../schemas/ids.ts'
import { telemetrySubject } from '../../schemas/telemetry-subject.ts'

/** Messages that are sent before the last of them is known to be stored. */
const IN_FLIGHT = 2000
const START = Date.UTC(2026, 0, 1)

/** The channel of this number. */
export function benchChannel(n: number): ChannelId {
  return channelId.parse(`00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`)
}

/** One observation as a device sends it: some 100 bytes. The channels take turns, each observes every second. */
export function benchObservation(n: number, channels: number): { readonly subject: string; readonly body: string } {
  const [of, second] = [n % channels, Math.floor(n / channels)]
  const observed_at = new Date(START + second * 1000).toISOString()
  const value = (20 + Math.sin(second / 600) * 5).toFixed(3)
  const hash = `${of.toString(16).padStart(4, '0')}${second.toString(16).padStart(12, '0')}`
  return {
    subject: telemetrySubject(`device-${of}`, benchChannel(of)),
    body: `{"value":${value},"observed_at":"${observed_at}","hash":"${hash}","provider":"bench"}`,
  }
}

/** Publishes `count` observations from number `from` on; resolves when all are stored. */
export async function fillTelemetry(
  connection: NatsConnection,
  { from = 0, count, channels }: { readonly from?: number; readonly count: number; readonly channels: number },
  signal: AbortSignal,
): Promise<void> {
  const client = jetstream(connection, { timeout: 60_000 })
  for (let next = from; next < from + count; next++) {
    const { subject, body } = benchObservation(next, channels)
    // Most are sent without waiting: the stream stores them in order, so that the last one's answer is about all.
    if ((next + 1) % IN_FLIGHT !== 0 && next + 1 < from + count) connection.publish(subject, body)
    else await client.publish(subject, body)
    if (next % IN_FLIGHT === 0) signal.throwIfAborted()
  }
}
