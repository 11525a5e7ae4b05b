import { once } from 'node:events'
import type { ServerResponse } from 'node:http'

/** How long a reader may take nothing before it is cut off, and then until its socket is destroyed, in milliseconds. */
const STALLED_MS = 30_000
const LINGER_MS = 5_000

/** The reader did not take what was sent. */
export class ReaderStalled extends Error {
  override readonly name = 'ReaderStalled'
}

/**
 * One response as a stream of server-sent events. It writes no faster than the reader takes: what waits for the reader is
 * at most the last write.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export class EventStream {
  readonly #response: ServerResponse
  readonly #closed = new AbortController()
  readonly #stalledMs: number

  /** Sends the head of the answer. */
  constructor(response: ServerResponse, headers: Readonly<Record<string, string>>, stalledMs = STALLED_MS) {
    this.#response = response
    this.#stalledMs = stalledMs
    response.on('close', () => this.#closed.abort())
    response.on('error', () => this.#closed.abort())
    response.writeHead(200, {
      ...headers,
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      // Proxies that gather answers would hold events back.
      'x-accel-buffering': 'no',
    })
    response.flushHeaders()
  }

  /** Aborts when the reader has gone. */
  get closed(): AbortSignal {
    return this.#closed.signal
  }

  /** Sends events, all or none, and waits until the reader has room for more. @throws ReaderStalled */
  async send(text: string): Promise<void> {
    if (this.closed.aborted || this.#response.write(text)) return
    const timeout = AbortSignal.timeout(this.#stalledMs)
    try {
      await once(this.#response, 'drain', { signal: AbortSignal.any([timeout, this.closed]) })
    } catch (error) {
      if (this.closed.aborted) return
      throw new ReaderStalled('the reader takes nothing', { cause: error })
    }
  }

  /** A sign of life that carries the position, unless the reader is busy with what it has. */
  beat(id: string): void {
    if (!this.closed.aborted && !this.#response.writableNeedDrain) this.#response.write(`: beat\nid: ${id}\n\n`)
  }

  /** Says why, and ends. Who takes not even that is disconnected. */
  end(reason: string, id: string): void {
    if (this.closed.aborted) return
    this.#response.end(eventText('end', id, JSON.stringify({ reason, position: id })))
    const linger = setTimeout(() => this.#response.destroy(), LINGER_MS)
    this.#response.on('close', () => clearTimeout(linger))
  }
}

/** One event. `data` has no line ends, as JSON has none. */
export function eventText(type: string, id: string, data: string): string {
  return `id: ${id}\nevent: ${type}\ndata: ${data}\n\n`
}
