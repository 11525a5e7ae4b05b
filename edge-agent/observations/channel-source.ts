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

const report = z.object({
  accepted: z.int(),
  refused: z.int(),
  problems: z.array(z.looseObject({ message: z.string() })).optional(),
})
/** What became of observations that were sent, each for good. */
export interface SendReport {
  readonly accepted: number
  readonly refused: number
  /** Why one of those was refused. */
  readonly reason?: string | undefined
}

const problem = z.looseObject({ detail: z.string().optional(), code: z.string().optional() })

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
  /** The platform's own word for it; absent where something in between has answered, or nobody knows the address. */
  readonly code: string | undefined

  constructor(status: number, message: string, code?: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

/** None of the lines is one that the platform takes: it has looked at each. */
const NONE_TAKEN = new Set([403, 422])
/** A judgement of what was sent, if the platform itself says so; not of the credential, the address, or the moment. */
const TOO_MUCH = new Set([400, 413, 415])

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

  /**
   * Sends observations, one per line. When it resolves each is stored or refused for good: what the platform will not have in
   * one piece is sent in halves, down to the one that it refuses.
   * @throws SourceRefused when the platform judges something else than what was sent, as the credential.
   */
  async send(lines: readonly string[], signal: AbortSignal): Promise<SendReport> {
    const headers = { 'content-type': 'application/x-ndjson' }
    try {
      const response = await this.#send('api/v1/observation', signal, {
        method: 'POST',
        body: lines.join('\n'),
        headers,
      })
      const { accepted, refused, problems = [] } = report.parse(await response.json())
      return { accepted, refused, reason: problems[0]?.message }
    } catch (error) {
      if (!(error instanceof SourceRefused) || error.code === undefined) throw error
      const { status, message: reason } = error
      if (NONE_TAKEN.has(status) || (TOO_MUCH.has(status) && lines.length === 1))
        return { accepted: 0, refused: lines.length, reason }
      if (!TOO_MUCH.has(status)) throw error
      const middle = Math.ceil(lines.length / 2)
      const first = await this.send(lines.slice(0, middle), signal)
      const second = await this.send(lines.slice(middle), signal)
      return {
        accepted: first.accepted + second.accepted,
        refused: first.refused + second.refused,
        reason: first.reason ?? second.reason,
      }
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
    const { detail = '', code } = problem.catch({}).parse(await response.json().catch(() => ({})))
    throw new SourceRefused(response.status, `${path.split('?')[0]} was answered ${response.status}: ${detail}`, code)
  }
}
