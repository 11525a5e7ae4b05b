import { Failure } from '../failure.ts'
import { configFromEnvironment } from './environment.ts'
import { adminToken } from './open-client.ts'
import { findInstance } from './running-instance.ts'

/** The REST API of this installation, as whoever uses the command line: for what is sent and answered as a file. */
export interface Rest {
  /** @throws Failure when nothing answers there, or with the problem that it answers. */
  send(path: string, init?: RequestInit & { readonly duplex?: 'half' }): Promise<Response>
}

/** Where `API_HOST` and `API_PORT` say, else the instance that runs in the data directory; acts as `openClient` does. */
export async function openRest(): Promise<Rest> {
  const config = configFromEnvironment()
  const instance = await findInstance(config.PHAROS_DATA_DIR)
  const url = instance?.apiUrl ?? `http://${config.API_HOST ?? '127.0.0.1'}:${config.API_PORT}`
  const { PHAROS_TOKEN, PHAROS_API_KEY } = process.env
  const credential: [string, string] =
    PHAROS_API_KEY !== undefined && PHAROS_API_KEY !== ''
      ? ['x-api-key', PHAROS_API_KEY]
      : [
          'authorization',
          `Bearer ${PHAROS_TOKEN !== undefined && PHAROS_TOKEN !== '' ? PHAROS_TOKEN : await adminToken(config)}`,
        ]
  return {
    async send(path, init = {}) {
      const headers = new Headers(init.headers)
      headers.set(...credential)
      const response = await fetch(new URL(path, url), { ...init, headers }).catch((error: unknown) => {
        if (init.signal?.aborted === true) throw error
        // Whoever makes the body could not: that is not about who would answer.
        if (error instanceof Error && error.cause instanceof Failure) throw error.cause
        throw new Failure(
          isBroken(error)
            ? `${url} ended the connection before it had answered`
            : `nothing answers at ${url}: start "pharos up", or set API_HOST and API_PORT`,
          { cause: error },
        )
      })
      if (response.ok) return response
      const { detail = `status ${response.status}`, violations = [] } = (await response.json().catch(() => ({}))) as {
        detail?: string
        violations?: { field: string; message: string }[]
      }
      throw new Failure([detail, ...violations.map(({ field, message }) => `  ${field}: ${message}`)].join('\n'))
    },
  }
}

/** Somebody was there, and went away. */
function isBroken(error: unknown): boolean {
  const cause: unknown = error instanceof Error ? error.cause : undefined
  return cause instanceof Error && 'code' in cause && (cause.code === 'UND_ERR_SOCKET' || cause.code === 'ECONNRESET')
}
