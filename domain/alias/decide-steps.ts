import type { FormerSlot } from '../../schemas/commands/alias.ts'
import type { AliasEvent } from '../../schemas/events/alias.ts'
import type { AggregateSubject } from '../../schemas/subjects.ts'
import { accept, type Decision, type DecisionContext, type Refusal, refuse } from '../decider.ts'
import { nthId } from '../nth-id.ts'
import { type AliasState, FREE, isLive, withLookAlikes } from './alias-state.ts'
import { decideOperation } from './decide-operation.ts'
import { evolveAlias } from './evolve-alias.ts'
import { lookAlikeClash } from './look-alike-clash.ts'
import { lookOf } from './look.ts'
import { nameKey } from './name-key.ts'
import { slotEvent } from './slot-event.ts'
import type { Places, StepOperation } from './slot-index.ts'

/** Whether names that look like others are refused. They are noted in either case. */
export type LookAlikePolicy = 'refuse' | 'allow'

/** One operation of a command, decided on what those before it have left. */
export interface Step {
  readonly operation: StepOperation
  /** Where it stands in the command's data, `operations.17`; empty for a command that is one operation. */
  readonly path: string
  readonly expectedRevision?: number | undefined
}

/** A command's steps, and the slots that they are about. */
export interface StepPlan {
  readonly steps: readonly Step[]
  readonly subjects: readonly AggregateSubject[]
  readonly places: readonly Places[]
}

export interface StepRules {
  readonly lookAlikes: LookAlikePolicy
  /** What becomes of a step whose slot is not at its expected revision. */
  readonly onConflict: 'refuse' | 'skip'
}

/** Of an append, and so of what one command may change. */
const MAX_EVENTS = 1000

/** A slot on its way through the steps. */
interface Course {
  readonly before: AliasState
  now: AliasState
  /** The event of the only step that touched it; none as soon as it takes more than one event to say what happened. */
  only: AliasEvent | undefined
  touched: number
  /** How an event would call it, if it is about no alias. */
  readonly place: { readonly scope: FormerSlot['scope']; readonly nameKey: string }
}

/**
 * Decides steps in their order, each on what those before it have left, all or none, and says with one event per slot
 * what became of it. `states` and the events are those of `subjects`.
 */
export function decideSteps(
  { steps, places }: StepPlan,
  states: readonly AliasState[],
  context: DecisionContext,
  rules: StepRules,
): Decision<AliasEvent> {
  const recorded = { sequence: 0, time: new Date(context.at).toISOString(), actor: context.actor }
  const courses: Course[] = []
  const held = heldGroups()

  for (const [n, step] of steps.entries()) {
    const at = places[n]
    if (at === undefined) continue
    arrive(step.operation, at)
    const refusal = take(step, at, n)
    if (refusal !== undefined) return step.path === '' ? refusal : located(refusal, step.path)
  }
  const events = recordedChanges()
  const count = events.filter((event) => event !== undefined).length
  if (count > MAX_EVENTS)
    return refuse('change_set_too_large', `it changes ${count} names, at most ${MAX_EVENTS}`, 'operations')
  return accept(...events)

  function arrive({ type, data }: StepOperation, { slot, destination, look, destinationLook }: Places): void {
    const { scope, name } = data
    const newName = type === 'alias.rename' ? data.newName : name
    meet(slot, name, false)
    meet(look, name, true)
    meet(destination, newName, false)
    meet(destinationLook, newName, true)
    function meet(index: number | undefined, of: string, byLook: boolean): void {
      if (index === undefined || courses[index] !== undefined) return
      const before = states[index] ?? FREE
      const key = nameKey(of)
      const place = { scope, nameKey: byLook ? lookOf(key) : key }
      courses[index] = { before, now: before, only: undefined, touched: 0, place }
    }
  }

  function take({ operation, expectedRevision }: Step, at: Places, n: number): Refusal | undefined {
    const course = courses[at.slot]
    if (course === undefined) return undefined
    const revision = context.revisions[at.slot] ?? 0
    if (operation.type === 'alias.restore' && held.has(operation.data.group)) return undefined
    if (expectedRevision !== undefined && revision !== expectedRevision) {
      if (rules.onConflict === 'skip') return undefined
      const message = `"${operation.data.name}" has changed: it is at revision ${revision}, not ${expectedRevision}`
      return refuse('changed_meanwhile', message, 'expectedRevision')
    }
    if (operation.type === 'alias.restore') {
      restore(course, operation.data)
      note(course, at.look)
      return undefined
    }
    const destination = at.destination === undefined ? undefined : courses[at.destination]
    if (rules.lookAlikes === 'refuse') {
      const clash = clashOf(operation, at, course)
      if (clash !== undefined) return clash
    }
    const seen = destination === undefined ? [course.now] : [course.now, destination.now]
    const decision = decideOperation(operation, seen, { ...context, newId: nthId(context.newId, n) })
    if (decision.kind === 'refuse') return decision
    const [event, there] = decision.events
    if (event !== undefined) happen(course, event)
    if (there !== undefined && destination !== undefined) happen(destination, there)
    note(course, at.look)
    if (destination !== undefined) note(destination, at.destinationLook)
    return undefined
  }

  /** Where one slot cannot be restored, those that exchange aliases with it stay: or an alias would be in two. */
  function heldGroups(): ReadonlySet<number> {
    return new Set(
      steps.flatMap(({ operation, expectedRevision }, n) => {
        if (operation.type !== 'alias.restore') return []
        const revision = context.revisions[places[n]?.slot ?? -1] ?? 0
        return revision === expectedRevision ? [] : [operation.data.group]
      }),
    )
  }

  function happen(course: Course, event: AliasEvent): void {
    course.now = evolveAlias(course.now, event, recorded)
    // Where a rename leads is known only at the end: the alias may be renamed on.
    const isMove = event.type === 'alias.renamed-away' || event.type === 'alias.renamed-here'
    course.only = course.touched === 0 && !isMove ? event : undefined
    course.touched++
  }

  function restore(course: Course, { name, alias }: FormerSlot): void {
    course.now = withLookAlikes(alias === null ? FREE : { status: 'taken', name, ...alias }, course.now.lookAlikes)
    course.only = undefined
    course.touched++
  }

  /** Keeps the slot of a name's look up to date about the name. */
  function note({ now, place }: Course, look: number | undefined): void {
    const course = look === undefined ? undefined : courses[look]
    if (course === undefined) return
    const others = (course.now.lookAlikes ?? []).filter(({ name }) => nameKey(name) !== place.nameKey)
    const own = now.status === 'taken' ? [{ name: now.name, expiresAt: now.expiresAt }] : []
    course.now = withLookAlikes(course.now, [...others, ...own])
    course.only = undefined
    course.touched++
  }

  function clashOf(operation: StepOperation, at: Places, course: Course): Refusal | undefined {
    const stateAt = (place: number | undefined) => (place === undefined ? undefined : courses[place]?.now)
    const { type, data } = operation
    if (type === 'alias.register')
      return lookAlikeClash({ name: data.name, field: 'name', slot: course.now, look: stateAt(at.look) }, context.at)
    if (type !== 'alias.rename') return undefined
    const [slot, look] = [stateAt(at.destination), stateAt(at.destinationLook)]
    return lookAlikeClash({ name: data.newName, field: 'newName', slot, look, instead: data.name }, context.at)
  }

  function recordedChanges(): readonly (AliasEvent | undefined)[] {
    const [before, after] = [namesOf('before'), namesOf('now')]
    return courses.map(({ before: was, now, only, touched, place }) => {
      if (touched < 2 && only !== undefined) return only
      if (touched === 0) return undefined
      return slotEvent({
        ...place,
        before: alive(was),
        after: now === was ? alive(was) : now,
        nameBefore: (aliasId) => before().get(aliasId),
        nameAfter: (aliasId) => after().get(aliasId),
      })
    })
  }

  /** The names of all aliases in these slots by their ids: asked for only where aliases moved. */
  function namesOf(when: 'before' | 'now'): () => ReadonlyMap<string, string> {
    let names: ReadonlyMap<string, string> | undefined
    return () =>
      (names ??= new Map(
        courses.flatMap((course) => {
          const state = when === 'before' ? alive(course.before) : course.now
          return state.status === 'taken' ? [[state.aliasId, state.name] as const] : []
        }),
      ))
  }

  /** An alias that has expired is as if it were not there. */
  function alive(state: AliasState): AliasState {
    const { lookAlikes } = state
    return state.status === 'free' || isLive(state, context.at) ? state : withLookAlikes(FREE, lookAlikes)
  }
}

function located({ code, message, violations }: Refusal, path: string): Refusal {
  const fields = violations.map(({ field, message: fault }) => ({ field: `${path}.${field}`, message: fault }))
  return {
    kind: 'refuse',
    code,
    message: `${path}: ${message}`,
    violations: fields.length > 0 ? fields : [{ field: path, message }],
  }
}
