import { z } from 'zod'
import { parseEventType } from '../../schemas/envelope.ts'
import type { AggregateSubject } from '../../schemas/subjects.ts'
import type { EventStore } from '../event-store.ts'

/** What is asked of `index.published`; whoever publishes says more in it. */
const published = z.object({ version: z.int(), position: z.int() })

/** The position whose content a version of an index scope has, by the log; `undefined` if there is no such version. */
export async function positionOfVersion(
  store: Pick<EventStore, 'readAggregate'>,
  indexScopeKey: string,
  version: number,
): Promise<number | undefined> {
  // The key's tokens are escaped already.
  const events = await store.readAggregate(`evt.alias-index.${indexScopeKey}` as AggregateSubject)
  for (const { envelope } of events) {
    if (parseEventType(envelope.type).name !== 'index.published') continue
    const said = published.parse(envelope.data)
    if (said.version === version) return said.position
  }
  return undefined
}
