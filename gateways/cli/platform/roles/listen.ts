import type { AddressInfo } from 'node:net'
import type { HttpServer } from '../../../http/http-server.ts'
import type { RoleParts } from './role.ts'

/** A server that listens where the configuration says, until it is disposed of. @throws Error that names the port when it is taken. */
export async function listen(
  server: HttpServer,
  { config, embedded }: Pick<RoleParts, 'config' | 'embedded'>,
): Promise<AsyncDisposable & { readonly url: string }> {
  const host = config.API_HOST ?? (embedded ? '127.0.0.1' : '0.0.0.0')
  try {
    await server.listen({ host, port: config.API_PORT })
  } catch (error) {
    await server.close()
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')
      throw new Error(
        `port ${config.API_PORT} of ${host} is taken: stop what listens there, or choose another with API_PORT (0: any)`,
        { cause: error },
      )
    throw error
  }
  const { port } = server.server.address() as AddressInfo
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host
  const scheme = config.API_TLS_CERT === undefined ? 'http' : 'https'
  return {
    url: `${scheme}://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`,
    async [Symbol.asyncDispose]() {
      await server.close()
    },
  }
}
