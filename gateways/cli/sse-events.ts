/** One block of a stream of server-sent events: a sign of life has no data. */
export interface SentEvent {
  readonly id: string | undefined
  readonly type: string | undefined
  readonly data: string | undefined
}

/** Longest block, in characters: an event is far below. */
const MOST = 4 * 1024 * 1024

/**
 * Reads a stream of server-sent events block by block, until it ends.
 * @throws RangeError when a block has no end; what reading throws.
 */
export async function* sseEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<SentEvent, void> {
  const utf8 = new TextDecoder()
  let text = ''
  for await (const chunk of body) {
    const blocks = (text + utf8.decode(chunk, { stream: true })).split('\n\n')
    text = blocks.pop() ?? ''
    if (text.length > MOST) throw new RangeError(`an event of more than ${MOST} characters`)
    for (const block of blocks) yield parseBlock(block)
  }
}

function parseBlock(block: string): SentEvent {
  const fields = new Map<string, string>()
  for (const line of block.split('\n')) {
    const [, field = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? []
    const before = fields.get(field)
    fields.set(field, before === undefined ? value : `${before}\n${value}`)
  }
  return { id: fields.get('id'), type: fields.get('event'), data: fields.get('data') }
}
