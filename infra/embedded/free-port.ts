import { createServer } from 'node:net'

/** A TCP port of 127.0.0.1 that is free now. Somebody may take it before you do: be ready to try again. */
export function freePort(): Promise<number> {
  return listenOnce(0)
}

/** @throws Error naming the port when something listens on it already. */
export async function requireFreePort(port: number, purpose: string): Promise<number> {
  try {
    return await listenOnce(port)
  } catch (cause) {
    throw new Error(
      `port ${port} of 127.0.0.1, meant for ${purpose}, is taken: end what listens there or choose another`,
      { cause },
    )
  }
}

function listenOnce(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      const taken = typeof address === 'object' && address !== null ? address.port : port
      server.close(() => resolve(taken))
    })
  })
}
