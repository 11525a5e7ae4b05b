import type { AckAnswer, FetchRequest, SyncAck, SyncRequest } from '../../schemas/device-sync/messages.ts'

/** A piece of a stored chunk, or why there is none. */
export type FetchedPiece =
  | {
      readonly status: 'ok'
      readonly bytes: Uint8Array
      /** Of the whole object as stored. */
      readonly totalBytes: number
      /** Pieces of two forms of one chunk never fit together. */
      readonly etag: string
    }
  | { readonly status: 'superseded' | 'not_named' | 'gone' | 'invalid' }

/**
 * Why there may be something new: central said so; this device has connected, for the first time or after its link was cut;
 * or it was taken in by another server than before, as after a restart, and then its whole fleet was with it.
 */
export type News = 'wake' | 'connected' | 'taken-in'

/**
 * The platform as a device sees it. Every call ends in time.
 * @throws CentralAway when there is no answer; asking again is always safe.
 */
export interface Central {
  /** What the device must be. The answer is as it came: whoever believes it checks it first (trust/). */
  sync(request: SyncRequest, signal: AbortSignal): Promise<unknown>
  fetch(request: FetchRequest, signal: AbortSignal): Promise<FetchedPiece>
  ack(ack: SyncAck, signal: AbortSignal): Promise<AckAnswer>
  /** Told when there may be something new. @returns what ends that. */
  onNews(listener: (why: News) => void): () => void
  readonly isConnected: boolean
}

/** Central does not answer: an outage, and no fault of what was asked. */
export class CentralAway extends Error {
  override readonly name = 'CentralAway'
}
