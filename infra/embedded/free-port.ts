import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/**
 * Below the ports that systems hand to outgoing connections (Linux 32768 and up, macOS and Windows 49152 and up): any
 * of those may become the end of somebody's connection between the moment it was found free and the listening.
 */
const PORTS = { from: 10_000, to: 32_000 } as const
const ATTEMPTS = 50

/**
 * A TCP port of 127.0.0.1 that is free now, drawn at random, so that it stays so: others would have to draw the same.
 * @throws Error when as good as all are taken.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const port = randomInt(PORTS.from, PORTS.to)
    try {
      await listenOnce(port)
      return port
    } catch (cause) {
      if (attempt === ATTEMPTS)
        throw new Error(`no free port of 127.0.0.1 among ${ATTEMPTS} tried from ${PORTS.from} to ${PORTS.to}`, {
          cause,
        })
    }
  }
}

/** @throws Error naming the port when something listens on it already. */
export async function requireFreePort(port: number, purpose: string): Promise<number> {
  try {
    await listenOnce(port)
    return port
  } catch (cause) {
    throw new Error(
      `port ${port} of 127.0.0.1, meant for ${purpose}, is taken: end what listens there or choose another`,
      { cause },
    )
  }
}

function listenOnce(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.close(() => resolve())
    })
  })
}
