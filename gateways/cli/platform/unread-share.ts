import type { StreamHealth } from '../../../infra/jetstream/stream-health.ts'
import { telemetry } from '../../../projections/telemetry/telemetry.ts'
import type { Survey } from './survey.ts'

/** Share of what stream `TELEMETRY` can hold, by size or by age, that the sink has not read yet; 0 if that cannot be told. */
export function unreadShare({ projectors }: Pick<Survey, 'projectors'>, streams: readonly StreamHealth[]): number {
  const sink = projectors?.find(({ name }) => name === telemetry.name)
  const stream = streams.find((one) => one.stream === 'TELEMETRY')
  if (sink === undefined || stream === undefined || stream.messages === 0) return 0
  const unreadBytes = stream.bytes * Math.min(1, sink.lagEvents / stream.messages)
  const [ofBytes, ofAge] = [unreadBytes / stream.maxBytes, sink.lagSeconds / stream.maxAgeSeconds]
  return Math.max(...[ofBytes, ofAge].filter(Number.isFinite), 0)
}
