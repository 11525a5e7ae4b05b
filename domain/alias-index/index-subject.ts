import { type IndexScope, indexScopeKey } from '../../schemas/alias-index.ts'
import type { AggregateSubject } from '../../schemas/subjects.ts'

/** The aggregate of an index scope's versions: `evt.alias-index.site.KSEA`. */
export function indexSubject(scope: IndexScope): AggregateSubject {
  return `evt.alias-index.${indexScopeKey(scope)}` as AggregateSubject
}
