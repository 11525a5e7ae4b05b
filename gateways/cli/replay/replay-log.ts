import { once } from 'node:events'
import type { Writable } from 'node:stream'
import type { StoredEvent } from '../../../schemas/decode-stored-event.ts'
import type { StoredLog } from '../../../commands/stored-log.ts'
import { type EventFilter, eventMatches } from './event-filter.ts'

/** Lines are written in pieces of about this many characters: one write a line takes longer than all the rest. */
const CHUNK = 64 * 1024
/** So many bytes may wait in the sink: with one piece at a time, each would wait for the one before. */
const AHEAD_BYTES = 256 * 1024
/** How often progress is told, in events. */
const PROGRESS = 1000

export interface ReplayLogOptions {
  readonly log: StoredLog
  /** First and last sequence. */
  readonly from: number
  readonly until: number
  readonly filter: EventFilter
  /** One line, without its end. */
  readonly line: (event: StoredEvent) => string
  readonly sink: Writable
  readonly signal: AbortSignal
  readonly onProgress?: (sequence: number) => void
}

/** Writes the matching events of the range as lines, oldest first, no faster than the sink takes them. Returns how many. */
export async function replayLog(options: ReplayLogOptions): Promise<number> {
  const { log, from, until, filter, line, sink, signal, onProgress } = options
  const subjects = filter.subjects.length === 0 ? {} : { subjects: filter.subjects }
  let written = 0
  let read = 0
  let text = ''
  let drained: Promise<unknown> = DRAINED
  for await (const events of log.readAllStored({ fromSequence: from, untilSequence: until, signal, ...subjects }))
    for (const event of events) {
      if (++read % PROGRESS === 0) onProgress?.(event.sequence)
      if (!eventMatches(filter, event)) continue
      written++
      text += `${line(event)}\n`
      if (text.length < CHUNK) continue
      await drained
      drained = write(sink, text, signal)
      text = ''
    }
  await drained
  if (text !== '') sink.write(text)
  if (sink.writableNeedDrain) await once(sink, 'drain', { signal })
  onProgress?.(until)
  return written
}

/** Resolves when enough of it is written. It is awaited before the next piece only: meanwhile the log is read on. */
function write(sink: Writable, text: string, signal: AbortSignal): Promise<unknown> {
  if (sink.write(text) || sink.writableLength < AHEAD_BYTES) return DRAINED
  const drained = once(sink, 'drain', { signal })
  // What goes wrong comes out where it is awaited.
  drained.catch(() => undefined)
  return drained
}

const DRAINED = Promise.resolve()
