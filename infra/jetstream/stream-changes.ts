import type { StreamConfig, StreamInfo } from '@nats-io/jetstream'
import { isDeepStrictEqual } from 'node:util'

export interface StreamChanges {
  /** Settings whose wanted value is not the current one; none if all is as wanted. */
  readonly settings: Partial<StreamConfig>
  /** Why the change would lose data, if it would. */
  readonly loss: string | undefined
}

/**
 * What would change on a stream, and what the change would lose. Only settings that are wanted are compared:
 * what the server or an operator added stays.
 * @param nowMs to tell which messages are older than a new `max_age`.
 */
export function streamChanges(current: StreamInfo, wanted: Partial<StreamConfig>, nowMs: number): StreamChanges {
  const now = Object.entries(current.config)
  const settings: Partial<StreamConfig> = Object.fromEntries(
    Object.entries(wanted).filter(([key, value]) => !isDeepStrictEqual(now.find(([name]) => name === key)?.[1], value)),
  )
  return { settings, loss: loss(current, settings, nowMs) }
}

function loss({ config, state }: StreamInfo, settings: Partial<StreamConfig>, nowMs: number): string | undefined {
  const { storage, retention, subjects, max_age, max_bytes, max_msgs, max_msgs_per_subject } = settings
  if (storage !== undefined) return `storage would change from ${config.storage} to ${storage}`
  if (retention !== undefined) return `retention would change from ${config.retention} to ${retention}`
  const removed = subjects === undefined ? [] : config.subjects.filter((subject) => !subjects.includes(subject))
  if (removed.length > 0 && state.messages > 0)
    return `${removed.join(', ')} would be removed from a stream with messages`
  if (state.messages === 0) return undefined
  const oldestMs = nowMs - Date.parse(state.first_ts)
  if (max_age !== undefined && max_age > 0 && oldestMs > max_age / 1_000_000) {
    return `max_age of ${max_age / 1_000_000_000} s would discard messages, the oldest is ${Math.floor(oldestMs / 1000)} s old`
  }
  if (max_bytes !== undefined && max_bytes > 0 && state.bytes > max_bytes) {
    return `max_bytes of ${max_bytes} would discard messages, the stream holds ${state.bytes} bytes`
  }
  if (max_msgs !== undefined && max_msgs > 0 && state.messages > max_msgs) {
    return `max_msgs of ${max_msgs} would discard messages, the stream holds ${state.messages}`
  }
  if (max_msgs_per_subject !== undefined && max_msgs_per_subject > 0) {
    const before = config.max_msgs_per_subject
    if (before <= 0 || before > max_msgs_per_subject) {
      return `max_msgs_per_subject of ${max_msgs_per_subject} would discard messages, so far it is ${before}`
    }
  }
  return undefined
}
