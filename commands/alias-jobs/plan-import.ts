import { aliasRules, type AliasState, isLive, slotsOf } from '../../domain/alias/alias.ts'
import { slotsOfName } from '../../domain/alias/slot-index.ts'
import { lineOperations } from '../../domain/alias/line-operations.ts'
import type { LookAlikePolicy } from '../../domain/alias/decide-steps.ts'
import type { Decider, DecisionContext, Refusal } from '../../domain/decider.ts'
import { type AliasCommand, type AliasSetOperation, MAX_OPERATIONS } from '../../schemas/commands/alias.ts'
import type { AliasEvent } from '../../schemas/events/alias.ts'
import type { Scope } from '../../schemas/scope.ts'
import type { AggregateSubject } from '../../schemas/subjects.ts'
import { MAX_WRITES } from '../event-store.ts'
import type { Contents } from './contents-at.ts'
import type { ImportLine, ImportSource } from './import-source.ts'

/** What one line, or the lack of one, asks for. */
export interface PlannedChange {
  /** Left out for what is removed. */
  readonly line?: number
  readonly change: 'added' | 'changed' | 'removed'
  readonly scope: Scope
  readonly name: string
  /** The first is the slot of the alias. */
  readonly subjects: readonly [slot: AggregateSubject, look?: AggregateSubject]
  readonly operations: readonly AliasSetOperation[]
  /** Of the line that it comes from. */
  readonly characters: number
}

export interface RefusedLine {
  readonly line: number
  readonly scope: Scope
  readonly name: string
  readonly refusal: Refusal
}

/** Some of an import's lines: what they change as one change set, and what else became of them. */
export interface ImportChunk {
  readonly changes: readonly PlannedChange[]
  readonly refused: readonly RefusedLine[]
  readonly unchanged: number
  /** Lines that these are, all told. */
  readonly lines: number
}

export interface ImportPlan {
  readonly source: ImportSource
  /** The slots of the lines as they stood when the job began; with `replace` all slots of their scopes. */
  readonly contents: Contents
  readonly replace: boolean
  readonly lookAlikes: LookAlikePolicy
  readonly context: Omit<DecisionContext, 'newId' | 'revisions'>
}

/** Of the lines that one change set comes from, and how many may be told of at once. */
const MOST_CHARACTERS = 2_000_000
const MOST_LINES = 5000
const ANY_ID = '00000000000000000000000000'

/** The change sets that make the scopes what the lines say. The same lines and contents give the same sets. */
export async function* planImport(plan: ImportPlan): AsyncGenerator<ImportChunk, void> {
  const rules = aliasRules(plan.lookAlikes)
  let chunk = emptyChunk()
  for await (const lines of plan.source.lines()) {
    for (const line of lines) {
      const planned = planLine(plan, rules, line)
      if (planned === undefined) chunk.unchanged++
      else if ('refusal' in planned) chunk.refused.push(planned)
      else {
        if (!chunk.takes(planned)) {
          yield chunk
          chunk = emptyChunk()
        }
        chunk.add(planned)
      }
      // Lines that change nothing are told of too, and what is refused is not kept for long.
      if (++chunk.lines < MOST_LINES) continue
      yield chunk
      chunk = emptyChunk()
    }
  }
  if (plan.replace)
    for (const removal of removals(plan)) {
      if (!chunk.takes(removal)) {
        yield chunk
        chunk = emptyChunk()
      }
      chunk.add(removal)
    }
  yield chunk
}

function planLine(
  { contents, context }: ImportPlan,
  rules: Decider<AliasState, AliasCommand, AliasEvent>,
  { line, alias, characters }: ImportLine,
): PlannedChange | RefusedLine | undefined {
  const { scope, name } = alias
  const subjects = slotsOfName(scope, name)
  const slot = contents.get(subjects[0])
  const state = slot?.state ?? rules.initialState
  const operations = lineOperations(alias, state, slot?.revision ?? 0, context.at)
  if (operations.length === 0) return undefined
  const [only] = operations
  const command: AliasCommand =
    only?.op === 'register'
      ? { type: 'alias.register', data: only }
      : { type: 'alias.apply-change-set', data: { operations: [...operations], onConflict: 'refuse' } }
  const known = (only?.op === 'register' ? subjects : slotsOf(command)).map((of) =>
    of === undefined ? undefined : contents.get(of),
  )
  const decision = rules.decide(
    command,
    known.map((of) => of?.state ?? rules.initialState),
    { ...context, newId: ANY_ID, revisions: known.map((of) => of?.revision ?? 0) },
  )
  if (decision.kind === 'refuse') return { line, scope, name, refusal: decision }
  return {
    line,
    change: isLive(state, context.at) ? 'changed' : 'added',
    scope,
    name,
    subjects,
    operations,
    characters,
  }
}

function* removals({ source, contents, context }: ImportPlan): Generator<PlannedChange> {
  for (const [subject, { scope, state, revision }] of contents) {
    if (!isLive(state, context.at) || source.has(subject)) continue
    const operation: AliasSetOperation = { op: 'remove', scope, name: state.name, expectedRevision: revision }
    const subjects = slotsOfName(scope, state.name)
    yield { change: 'removed', scope, name: state.name, subjects, operations: [operation], characters: 0 }
  }
}

function emptyChunk() {
  const changes: PlannedChange[] = []
  let [operations, slots, characters] = [0, 0, 0]
  return {
    changes,
    refused: [] as RefusedLine[],
    unchanged: 0,
    lines: 0,
    takes(change: PlannedChange): boolean {
      return (
        operations + change.operations.length <= MAX_OPERATIONS &&
        slots + change.subjects.length <= MAX_WRITES &&
        (changes.length === 0 || characters + change.characters <= MOST_CHARACTERS)
      )
    },
    add(change: PlannedChange): void {
      changes.push(change)
      operations += change.operations.length
      slots += change.subjects.length
      characters += change.characters
    },
  }
}
