import { aliasEventData } from '../../schemas/events/alias.ts'
import { aliasIndexEventData } from '../../schemas/events/alias-index.ts'
import { aliasJobEventData } from '../../schemas/events/alias-job.ts'
import { currentVersions } from '../../schemas/events/current-version.ts'
import type { RecordedEvent } from '../../schemas/envelope.ts'
import type { ProjectionTransaction } from '../projection-transaction.ts'
import type { Projector } from '../projector.ts'
import { applyAliasEvents } from './apply-alias-events.ts'
import { applyJobEvents } from './apply-job-events.ts'
import { applyVersionEvents } from './apply-version-events.ts'
import { COMPLETE_INDEX, CREATE_INDEX_TABLES } from './index-tables.ts'

const ALIAS = 'evt.alias.'
const JOB = 'evt.alias-job.'
const VERSION = 'evt.alias-index.'

/**
 * What the index of each scope holds, which scopes are due, and which versions there are. It is what an
 * `IndexPublisher` publishes from; every row follows from the log alone, so a rebuild gives the same.
 */
export const aliasIndex: Projector = {
  name: 'alias_index',
  version: 1,
  subjects: [`${ALIAS}>`, `${JOB}>`, `${VERSION}>`],
  eventVersions: currentVersions(Object.keys({ ...aliasEventData, ...aliasJobEventData, ...aliasIndexEventData })),
  tables: CREATE_INDEX_TABLES,
  completion: COMPLETE_INDEX,
  views: {
    alias_index_versions: 'select scope_key, version, position, at from index_versions',
  },
  apply,
}

async function apply(batch: readonly RecordedEvent[], transaction: ProjectionTransaction): Promise<void> {
  const on = (prefix: string): readonly RecordedEvent[] => batch.filter(({ subject }) => subject.startsWith(prefix))
  await applyAliasEvents(on(ALIAS), transaction)
  await applyJobEvents(on(JOB), transaction)
  await applyVersionEvents(on(VERSION), transaction)
}
