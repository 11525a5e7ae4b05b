import type { RecordedEvent } from '../schemas/envelope.ts'

/**
 * Sequence of the first and the last event of the command that an event belongs to. A command's events stand
 * contiguous in the log, so one of them tells where all of them are, whether or not a filter lets them through.
 */
export function commandSpan(event: RecordedEvent): { readonly first: number; readonly last: number } {
  const first = event.sequence - event.envelope.commandindex
  return { first, last: first + event.envelope.commandcount - 1 }
}

/** The events cut into commands, in order. */
export function splitIntoCommands(events: readonly RecordedEvent[]): readonly (readonly RecordedEvent[])[] {
  const commands: RecordedEvent[][] = []
  let current: number | undefined
  for (const event of events) {
    const { first } = commandSpan(event)
    if (first === current) commands.at(-1)?.push(event)
    else commands.push([event])
    current = first
  }
  return commands
}
