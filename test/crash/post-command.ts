import { ulid } from 'ulid'

export interface HttpAnswer {
  readonly status: number
  /** Without its parameters. */
  readonly contentType: string
  readonly body: Readonly<Record<string, unknown>>
  /** How long it took. */
  readonly ms: number
}

/** Any request to the REST gateway. */
export async function askHttp(url: string, token: string, init: RequestInit = {}): Promise<HttpAnswer> {
  const started = performance.now()
  const headers = new Headers(init.headers)
  headers.set('Authorization', `Bearer ${token}`)
  if (init.body !== undefined && !headers.has('Content-Type')) headers.set('Content-Type', 'application/json')
  const response = await fetch(url, { ...init, headers, signal: AbortSignal.timeout(60_000) })
  const body = (await response.json()) as Readonly<Record<string, unknown>>
  const contentType = response.headers.get('content-type')?.split(';')[0] ?? ''
  return { status: response.status, contentType, body, ms: performance.now() - started }
}

/** `POST /api/commands/<type>`. */
export function postCommand(
  api: string,
  token: string,
  type: string,
  data: object,
  commandId: string = ulid(),
): Promise<HttpAnswer> {
  return askHttp(`${api}/api/commands/${type}`, token, { method: 'POST', body: JSON.stringify({ commandId, data }) })
}
