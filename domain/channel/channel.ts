import type { ChannelCommand } from '../../schemas/commands/channel.ts'
import type { ChannelEvent } from '../../schemas/events/channel.ts'
import { accept, type Decider, type Decision, type DecisionContext, refuse } from '../decider.ts'

type Registered = Extract<ChannelEvent, { type: 'channel.registered' }>['data']
type Changes = Extract<ChannelEvent, { type: 'channel.described' }>['data']['changes']

/** One stream of observations: what is known of it, not the observations. */
export type ChannelState =
  | { readonly status: 'none' }
  | (Readonly<Registered> & { readonly status: 'registered' | 'retired' })

const NONE: ChannelState = { status: 'none' }

/**
 * Rules of a channel. Its UUID is used once. Who acts for nobody else describes and retires only what it has registered
 * itself. Names may be shared.
 */
export const channel: Decider<ChannelState, ChannelCommand, ChannelEvent> = { initialState: NONE, decide, evolve }

function decide(
  command: ChannelCommand,
  states: readonly ChannelState[],
  context: DecisionContext,
): Decision<ChannelEvent> {
  const state = states[0] ?? NONE
  if (command.type === 'channel.register') return register(command.data, state, context)
  const { channelId, ...wanted } = command.data
  if (state.status === 'none') return refuse('channel_not_found', `no channel ${channelId}`, 'channelId')
  if (state.author !== context.actor && !context.actsForOthers)
    return refuse('forbidden', `the channel belongs to ${state.author}`)
  if (command.type === 'channel.retire')
    return state.status === 'retired' ? accept(undefined) : accept({ type: 'channel.retired', data: { channelId } })
  if (state.status === 'retired')
    return refuse('channel_retired', `channel ${channelId} is retired: nothing about it changes any more`, 'channelId')
  const changes = changed(state, wanted)
  if (Object.keys(changes).length === 0) return accept(undefined)
  return accept({ type: 'channel.described', data: { channelId, changes } })
}

function register(
  { author, ...data }: Extract<ChannelCommand, { type: 'channel.register' }>['data'],
  state: ChannelState,
  { actor, actsForOthers }: DecisionContext,
): Decision<ChannelEvent> {
  if (state.status !== 'none')
    return refuse('channel_taken', `the UUID ${data.channelId} was used before, for "${state.name}"`, 'channelId')
  if (author !== undefined && author !== actor && !actsForOthers)
    return refuse('forbidden', 'only who acts for others may name another author')
  return accept({ type: 'channel.registered', data: { ...data, author: author ?? actor } })
}

/** What of the wanted is not so yet. */
function changed(state: Registered, wanted: Partial<Record<keyof Changes, string | null | undefined>>): Changes {
  const differs = ([field, value]: [string, string | null | undefined]): boolean =>
    value !== undefined && value !== state[field as keyof Changes]
  return Object.fromEntries(Object.entries(wanted).filter(differs))
}

function evolve(state: ChannelState, event: ChannelEvent): ChannelState {
  if (event.type === 'channel.registered') return { status: 'registered', ...event.data }
  if (state.status === 'none') throw new RangeError(`${event.type} before channel.registered`)
  if (event.type === 'channel.retired') return { ...state, status: 'retired' }
  // What has not changed is absent from the event, and never `undefined` in it.
  return { ...state, ...event.data.changes } as ChannelState
}
