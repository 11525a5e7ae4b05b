import type { FeedItem } from './feed-item.ts'

/** The events of one command that a feed is about: none, if it is about others. */
export interface FeedCommand {
  /** Sequence of the command's last event. */
  readonly end: number
  readonly items: readonly FeedItem[]
}

/** The newest commands of a log, within a number of bytes: what all listeners read from. */
export class RecentCommands {
  readonly #maxBytes: number
  #commands: FeedCommand[] = []
  #bytes = 0
  #start: number
  #end: number

  /** @param start everything after this sequence will be added. */
  constructor(start: number, maxBytes: number) {
    this.#maxBytes = maxBytes
    this.#start = start
    this.#end = start
  }

  /** All commands that end after this sequence are here. */
  get start(): number {
    return this.#start
  }

  /** The end of the newest command. */
  get end(): number {
    return this.#end
  }

  add(command: FeedCommand): void {
    this.#end = command.end
    // One without items only moves the end.
    if (command.items.length === 0) return
    this.#commands.push(command)
    this.#bytes += bytesOf(command)
    let dropped = 0
    for (const oldest of this.#commands) {
      if (this.#bytes <= this.#maxBytes) break
      this.#bytes -= bytesOf(oldest)
      this.#start = oldest.end
      dropped++
    }
    if (dropped > 0) this.#commands = this.#commands.slice(dropped)
  }

  /** Those that end after the sequence, oldest first. */
  after(sequence: number): readonly FeedCommand[] {
    let index = this.#commands.length
    while (index > 0 && (this.#commands[index - 1]?.end ?? 0) > sequence) index--
    return this.#commands.slice(index)
  }
}

function bytesOf({ items }: FeedCommand): number {
  return items.reduce((sum, { json }) => sum + json.length, 0)
}
