import { type Scope, scopeParts } from '../../schemas/scope.ts'
import { type AggregateSubject, aggregateSubject } from '../../schemas/subjects.ts'
import { nameKey } from './name-key.ts'

/** A name key within a scope: the unit of uniqueness, and the aggregate. `evt.alias.node.<site>.<node>.<nameKey>`. */
export function slotSubject(scope: Scope, name: string): AggregateSubject {
  return aggregateSubject('alias', ...scopeParts(scope), nameKey(name))
}
