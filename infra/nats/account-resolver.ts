import type { NatsConnection } from '@nats-io/transport-node'
import { z } from 'zod'

const TIMEOUT_MS = 5_000

const updated = z.object({
  data: z.object({ code: z.int(), message: z.string() }).optional(),
  error: z.object({ code: z.int(), description: z.string() }).optional(),
})

/**
 * The account JWTs that a server, and with it its cluster, goes by: what is replaced here holds at once, on live
 * connections too, and after every restart.
 */
export class AccountResolver {
  readonly #connection: NatsConnection

  /** @param connection of the one user of account SYS. */
  constructor(connection: NatsConnection) {
    this.#connection = connection
  }

  /** The account's JWT; `undefined` where the server has none. */
  async lookup(account: string): Promise<string | undefined> {
    const subject = `$SYS.REQ.ACCOUNT.${account}.CLAIMS.LOOKUP`
    const answer = (await this.#connection.request(subject, '', { timeout: TIMEOUT_MS })).string()
    return answer === '' ? undefined : answer
  }

  /** Hands the JWT to the server. One that was not issued later than what it has changes nothing: look it up afterwards. */
  async update(jwt: string): Promise<void> {
    const answer = await this.#connection.request('$SYS.REQ.CLAIMS.UPDATE', jwt, { timeout: TIMEOUT_MS })
    const { data, error } = updated.parse(answer.json())
    if (error !== undefined || (data?.code ?? 500) >= 300)
      throw new Error(`the server refuses an account JWT: ${error?.description ?? data?.message ?? 'no reason given'}`)
  }
}
