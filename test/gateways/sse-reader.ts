import { afterTests, eventually } from '../support/infrastructure.ts'

export interface ServerSentEvent {
  readonly id: string
  readonly type: string
  readonly data: Readonly<Record<string, unknown>>
}

/** Reads an event stream as a browser does, and remembers everything. */
export class SseReader {
  readonly response: Response
  readonly events: ServerSentEvent[] = []
  /** As a browser would send it back. */
  lastEventId = ''
  beats = 0
  isOver = false
  readonly #abort: AbortController

  private constructor(response: Response, abort: AbortController) {
    this.response = response
    this.#abort = abort
    if (response.ok)
      void this.#read()
        .catch(() => undefined)
        .finally(() => (this.isOver = true))
  }

  static async open(url: string, headers: Readonly<Record<string, string>>): Promise<SseReader> {
    const abort = new AbortController()
    afterTests(async () => abort.abort())
    return new SseReader(await fetch(url, { headers, signal: abort.signal }), abort)
  }

  close(): void {
    this.#abort.abort()
  }

  /** Waits until there are so many events; answers them. */
  async until(count: number): Promise<readonly ServerSentEvent[]> {
    await eventually(() => this.events.length >= count, { timeoutMs: 60_000, what: `${count} events` })
    return this.events
  }

  async ended(): Promise<ServerSentEvent | undefined> {
    await eventually(() => this.isOver, { timeoutMs: 60_000, what: 'the stream ends' })
    return this.events.at(-1)
  }

  async #read(): Promise<void> {
    let text = ''
    for await (const chunk of this.response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk
      for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
        this.#take(text.slice(0, end))
        text = text.slice(end + 2)
      }
    }
  }

  #take(block: string): void {
    const fields = new Map(
      block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
    )
    if (fields.has('')) this.beats++
    this.lastEventId = fields.get('id') ?? this.lastEventId
    const data = fields.get('data')
    if (data === undefined) return
    this.events.push({
      id: this.lastEventId,
      type: fields.get('event') ?? '',
      data: JSON.parse(data) as Record<string, unknown>,
    })
  }
}
