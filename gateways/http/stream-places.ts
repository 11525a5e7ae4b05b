import type { FastifyReply, FastifyRequest } from 'fastify'
import type { HttpDependencies } from './http-dependencies.ts'
import { tooManyStreams } from './too-many-streams.ts'

/** Unless told: each answer on its way keeps a page of rows, and asks the read model for the next. */
const AT_ONCE = { exports: 32, exportsPerCredential: 4 }

/**
 * Room for answers that are long on their way: so many at once of one credential, and of this process. How long one may
 * stand still is up to `nodeServer`, which closes a connection whose reader takes nothing.
 */
export class StreamPlaces {
  readonly #limits: Required<Pick<HttpDependencies['limits'], keyof typeof AT_ONCE>>
  readonly #taken = new Map<FastifyReply, string>()

  constructor({ exports = AT_ONCE.exports, exportsPerCredential = AT_ONCE.exportsPerCredential }: Limits) {
    this.#limits = { exports, exportsPerCredential }
  }

  /** Takes a place until the answer is sent or its reader is gone. False: there is none, and the request is answered so. */
  take(request: FastifyRequest, reply: FastifyReply): boolean {
    const credential = request.actor.id
    const { exports, exportsPerCredential } = this.#limits
    const mine = [...this.#taken.values()].filter((one) => one === credential).length
    if (mine >= exportsPerCredential) {
      void tooManyStreams(reply, 429, `at most ${exportsPerCredential} exports at once`)
      return false
    }
    if (this.#taken.size >= exports) {
      void tooManyStreams(reply, 503, 'this process has all the exports it can take')
      return false
    }
    this.#taken.set(reply, credential)
    const leave = (): void => void this.#taken.delete(reply)
    reply.raw.once('finish', leave)
    reply.raw.once('close', leave)
    return true
  }
}

type Limits = Pick<HttpDependencies['limits'], keyof typeof AT_ONCE>
