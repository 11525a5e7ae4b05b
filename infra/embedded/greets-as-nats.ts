import { connect } from 'node:net'

/** Whether a NATS server greets at this address. Every NATS server does so first thing, before any login. */
export function greetsAsNats(url: string, timeoutMs = 2_000): Promise<boolean> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port) })
    const answer = (greeted: boolean): void => {
      socket.destroy()
      resolve(greeted)
    }
    socket.setTimeout(timeoutMs, () => answer(false))
    socket.once('error', () => answer(false))
    socket.once('data', (data) => answer(data.toString('latin1').startsWith('INFO ')))
  })
}
