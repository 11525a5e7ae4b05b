import type { Decider, DecisionContext } from '../../domain/decider.ts'
import type { ExecutionContext } from 'ava'

const NOW = Date.parse('2026-03-01T12:00:00.000Z')

/** Given events of each aggregate, when a command, then events or a refusal: a decider's specification in one sentence. */
export function scenario<State, Command, Event extends { type: string }>(
  decider: Decider<State, Command, Event>,
  newId: string,
) {
  return {
    given: (...histories: readonly (readonly Event[])[]) => ({
      when(command: Command, by: Partial<DecisionContext> = {}) {
        const states = histories.map((history) =>
          history.reduce(
            (state, event, i) =>
              decider.evolve(state, event, { sequence: i + 1, time: new Date(NOW - 1000).toISOString(), actor: 'ann' }),
            decider.initialState,
          ),
        )
        const revisions = histories.map((history) => history.length)
        const context = { at: NOW, actor: 'ann', actsForOthers: false, newId, revisions, ...by }
        const decision = decider.decide(command, states, context)
        return {
          then: (t: ExecutionContext, ...expected: (Event | undefined)[]) =>
            t.deepEqual(decision, { kind: 'accept', events: expected }),
          thenRefused: (t: ExecutionContext, code: string) =>
            t.is(decision.kind === 'refuse' ? decision.code : 'accepted', code),
        }
      },
    }),
  }
}
