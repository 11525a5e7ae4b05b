import { once } from 'node:events'
import { type AddressInfo, createServer, connect, type Socket } from 'node:net'
import { Transform } from 'node:stream'
import { afterTests } from '../support/infrastructure.ts'

/** A way to a TCP server that can be cut and mended. */
export interface BreakableLink {
  /** `host:port` to connect to instead of the server. */
  readonly address: string
  /** Closes what is open and refuses what comes. */
  cut(): void
  mend(): void
}

/**
 * @param target `host:port` of the server.
 * @param answers most bytes per second from the server; left out: as many as come.
 */
export async function breakableLink(target: string, answers = Infinity): Promise<BreakableLink> {
  const { hostname, port } = new URL(`tcp://${target}`)
  const sockets = new Set<Socket>()
  let whole = true
  const track = (socket: Socket, other: () => Socket | undefined): void => {
    sockets.add(socket)
    // A cut shows as an error on either side; what matters is that both end.
    socket.on('error', () => undefined)
    socket.on('close', () => {
      sockets.delete(socket)
      other()?.destroy()
    })
  }
  const server = createServer((near) => {
    if (!whole) {
      near.destroy()
      return
    }
    const far = connect(Number(port), hostname)
    track(near, () => far)
    track(far, () => near)
    near.pipe(far).pipe(paced(answers)).pipe(near)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = (): void => {
    whole = false
    for (const socket of sockets) socket.destroy()
  }
  afterTests(async () => {
    cut()
    server.close()
  })
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    mend: () => {
      whole = true
    },
  }
}

/** Lets each piece through once it would have come at that pace. */
function paced(bytesPerSecond: number): Transform {
  return new Transform({
    transform: (piece: Buffer, _, done) => {
      setTimeout(() => done(null, piece), (1000 * piece.length) / bytesPerSecond)
    },
  })
}
