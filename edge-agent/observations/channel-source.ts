import { z } from 'zod'

/** A channel of the platform, as far as a client keeps it. */
const channel = z.looseObject({
  id: z.int(),
  uuid: z.string(),
  name: z.string(),
  secondary: z.string().nullable(),
  meta: z.string().nullable(),
  description: z.string().nullable(),
})
export type SourceChannel = z.infer<typeof channel>

const observation = z.looseObject({
  value: z.string(),
  hash: z.string().nullable(),
  ts: z.string(),
  stream_id: z.int(),
  stream: z.looseObject({
    id: z.int(),
    name: z.string(),
    secondary: z.string().nullable(),
    meta: z.string().nullable(),
    description: z.string().nullable(),
  }),
})
const page = z.object({ observations: z.array(observation), nextCursor: z.string() })
export type SourcePage = z.infer<typeof page>

const report = z.object({ accepted: z.int(), refused: z.int() })
export type SendReport = z.infer<typeof report>

export interface ChannelSourceOptions {
  /** Of the platform: `https://pharos.example:8000` */
  readonly url: string
  /** A token or an API key that may read channels and observations, or send those of this device. Asked for before each request. */
  readonly credential: () => Promise<string>
  /** Longest wait for an answer, in milliseconds; 30,000 unless told. */
  readonly timeoutMs?: number
}

/** The platform answers something else than what was asked for; `status` is HTTP's. */
export class SourceRefused extends Error {
  override readonly name = 'SourceRefused'
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** The platform's channels and observations, over its REST API. What throws is an outage, or a SourceRefused. */
export class ChannelSource {
  readonly #options: ChannelSourceOptions

  constructor(options: ChannelSourceOptions) {
    this.#options = options
  }

  /** @throws SourceRefused, 404, when there is none. */
  async channel(uuid: string, signal: AbortSignal): Promise<SourceChannel> {
    return channel.parse(await (await this.#send(`api/channels/${uuid}`, signal)).json())
  }

  /** Observations of a channel that have arrived after `cursor`, in order of arrival. */
  async arrivals(uuid: string, cursor: string | undefined, limit: number, signal: AbortSignal): Promise<SourcePage> {
    const from = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const path = `api/channels/${uuid}/observations?order=arrival&limit=${limit}${from}`
    return page.parse(await (await this.#send(path, signal)).json())
  }

  /** Sends observations, one per line. When it resolves each is stored or refused for good. */
  async send(lines: readonly string[], signal: AbortSignal): Promise<SendReport> {
    const headers = { 'content-type': 'application/x-ndjson' }
    try {
      const response = await this.#send('api/v1/observation', signal, {
        method: 'POST',
        body: lines.join('\n'),
        headers,
      })
      return report.parse(await response.json())
    } catch (error) {
      // None of them is an observation that the platform takes: as good as told.
      if (error instanceof SourceRefused && error.status === 422) return { accepted: 0, refused: lines.length }
      throw error
    }
  }

  async #send(path: string, signal: AbortSignal, init: RequestInit = {}): Promise<Response> {
    const { url, credential, timeoutMs = 30_000 } = this.#options
    const headers = new Headers(init.headers)
    headers.set('authorization', `Bearer ${await credential()}`)
    const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
    const response = await fetch(new URL(path, url.endsWith('/') ? url : `${url}/`), {
      ...init,
      headers,
      signal: limit,
    })
    if (response.ok) return response
    const { detail = '' } = (await response.json().catch(() => ({}))) as { detail?: string }
    throw new SourceRefused(response.status, `${path.split('?')[0]} was answered ${response.status}: ${detail}`)
  }
}
