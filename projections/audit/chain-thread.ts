import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { StretchProof } from './stretch-proof.ts'

type Answer = PromiseWithResolvers<StretchProof>

/**
 * Makes the chain in a thread of its own, stretch by stretch from the first: to decode and hash an entry takes twice as
 * long as to read it, and a second core may be free. Whoever gives it stretches must wait for answers now and then.
 */
export class ChainThread implements AsyncDisposable {
  readonly #worker: Worker
  readonly #asked: Answer[] = []
  #failure: Error | undefined

  constructor() {
    // As this file: TypeScript in the repository, JavaScript in the package.
    const file = new URL(`./chain-worker${extname(import.meta.filename)}`, import.meta.url)
    this.#worker = new Worker(file, { name: 'audit chain' })
    this.#worker.on('message', (proof: StretchProof) => this.#asked.shift()?.resolve(proof))
    this.#worker.on('messageerror', (cause) => this.#fail(cause))
    this.#worker.on('error', (cause) => this.#fail(cause))
    this.#worker.on('exit', (code) => this.#fail(new Error(`it ended with ${code}`)))
  }

  /** The proof of the next stretch, whose bytes are given away. @throws whatever ended the thread. */
  async prove(packed: Uint8Array<ArrayBuffer>): Promise<StretchProof> {
    if (this.#failure !== undefined) throw this.#failure
    const answer: Answer = Promise.withResolvers()
    this.#asked.push(answer)
    this.#worker.postMessage(packed, [packed.buffer])
    return answer.promise
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate()
  }

  #fail(cause: unknown): void {
    this.#failure ??= new Error("the thread of the audit's chain failed", { cause })
    for (const { reject } of this.#asked.splice(0)) reject(this.#failure)
  }
}
