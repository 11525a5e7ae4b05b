import type { Projector } from '../../projections/projector.ts'
import { aliases } from '../../projections/tables/aliases.ts'
import type { RecordedEvent } from '../../schemas/envelope.ts'

/** The alias projector with a fault that can be mended: it cannot apply these events. */
export class FaultyProjector {
  readonly poison: Set<number>
  readonly projector: Projector

  constructor(poison: readonly number[], projector: Projector = aliases) {
    this.poison = new Set(poison)
    this.projector = {
      ...projector,
      apply: async (batch, transaction) => {
        // What it has written before it fails must not stay.
        await projector.apply(batch, transaction)
        const found = batch.find(({ sequence }) => this.poison.has(sequence))
        if (found !== undefined) throw new TypeError(`${found.sequence} is more than it can bear`)
      },
    }
  }

  mend(): void {
    this.poison.clear()
  }
}

/** An event of the right type whose data says nothing. */
export function spoilt(event: RecordedEvent): RecordedEvent {
  return { ...event, envelope: { ...event.envelope, data: { nonsense: true } } }
}
