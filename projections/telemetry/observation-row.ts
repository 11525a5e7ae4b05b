import type { Observation } from '../../schemas/observation.ts'

/** An observation on its way into the table. */
export interface ObservationRow extends Observation {
  readonly channelId: string
  readonly device: string
}

/** What identifies an observation within its channel and moment. Sent twice, it is one. */
export function observationKey({ id, hash, value, provider }: Observation): string {
  if (id !== null) return `i${id}`
  return hash !== null ? `h${hash}` : `v${value} ${provider ?? ''}`
}
