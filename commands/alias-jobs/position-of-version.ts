import { indexSubject } from '../../domain/alias-index/index-subject.ts'
import type { IndexScope } from '../../schemas/alias-index.ts'
import { readAliasIndexEvent } from '../../schemas/events/read-alias-index-event.ts'
import type { EventStore } from '../event-store.ts'

/** The position whose content a version of an index scope has, by the log; `undefined` if there is no such version. */
export async function positionOfVersion(
  store: Pick<EventStore, 'readAggregate'>,
  scope: IndexScope,
  version: number,
): Promise<number | undefined> {
  const claims = await store.readAggregate(indexSubject(scope))
  return claims.map(({ envelope }) => readAliasIndexEvent(envelope).data).find((claim) => claim.version === version)
    ?.position
}
