import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { aliasIndexPointer } from '../../../schemas/alias-index.ts'
import { IndexFault } from './index-fault.ts'
import { MOST_STORED_BYTES, type ObjectReference } from './object-reference.ts'
import { verifyObject } from './verify-object.ts'

const POINTER = 'pointer.json'
const MOST_POINTER_BYTES = 256 * 1024
const OBJECT = /^[0-9a-f]{64}\.zst$/

/** What is kept of a scope beside its objects. */
const keptPointer = z.strictObject({
  pointer: aliasIndexPointer,
  /** When it was last known to be the newest, in epoch milliseconds. */
  confirmedAt: z.int().min(0),
})
export type KeptPointer = z.infer<typeof keptPointer>

/**
 * One scope on disk: the objects of a version by their sha256, and its pointer, which is replaced after they are all
 * there. Whatever a crash leaves is a whole version, or is seen to be none. Files are the owner's alone.
 */
export class IndexDirectory {
  readonly #dir: string
  readonly #scope: string

  /** Scope keys are safe as names of directories: letters, digits, `-`, `_`, `=` and `.`. */
  constructor(dir: string, scope: string) {
    this.#dir = join(dir, scope)
    this.#scope = scope
  }

  /** Undefined when nothing is kept. @throws IndexFault `directory` when what is kept is damaged. */
  async pointer(): Promise<KeptPointer | undefined> {
    try {
      const content = await this.#file(POINTER, MOST_POINTER_BYTES)
      return content === undefined ? undefined : keptPointer.parse(JSON.parse(Buffer.from(content).toString('utf8')))
    } catch (error) {
      throw this.#damaged(error)
    }
  }

  /** The object as it was verified, undefined when it is not kept. @throws IndexFault `directory` when it is damaged. */
  async object(reference: ObjectReference): Promise<Uint8Array | undefined> {
    try {
      const content = await this.#file(fileOf(reference), MOST_STORED_BYTES)
      if (content !== undefined) verifyObject(reference, content, this.#scope)
      return content
    } catch (error) {
      throw this.#damaged(error)
    }
  }

  /** What is kept is of no use. */
  async discard(reference: ObjectReference): Promise<void> {
    await rm(join(this.#dir, fileOf(reference)), { force: true })
  }

  async has(reference: ObjectReference): Promise<boolean> {
    const found = await stat(join(this.#dir, fileOf(reference))).catch(() => undefined)
    return found?.size === reference.bytes
  }

  /** Survives a power cut once it is resolved. */
  async keep(reference: ObjectReference, stored: Uint8Array): Promise<void> {
    await this.#replace(fileOf(reference), stored)
  }

  /** From now on a start begins here. All its objects must be kept; those of other versions are removed. */
  async keepPointer(kept: KeptPointer, references: readonly ObjectReference[]): Promise<void> {
    await this.#replace(POINTER, Buffer.from(JSON.stringify(kept)))
    const needed = new Set([POINTER, ...references.map(fileOf)])
    for (const file of await readdir(this.#dir))
      if (!needed.has(file) && (OBJECT.test(file) || file.endsWith('.new')))
        await rm(join(this.#dir, file), { force: true })
  }

  #damaged(cause: unknown): IndexFault {
    const why = cause instanceof Error ? cause.message : String(cause)
    return new IndexFault('directory', this.#scope, `${this.#dir}: ${why}`, { cause })
  }

  async #file(name: string, mostBytes: number): Promise<Uint8Array | undefined> {
    const path = join(this.#dir, name)
    const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    })
    if (found === undefined) return undefined
    if (found.size > mostBytes) throw new Error(`${path} has ${found.size} bytes, at most ${mostBytes}`)
    return readFile(path)
  }

  async #replace(name: string, content: Uint8Array): Promise<void> {
    await mkdir(this.#dir, { recursive: true, mode: 0o700 })
    const path = join(this.#dir, name)
    const file = await open(`${path}.${process.pid}.new`, 'w', 0o600)
    try {
      await file.writeFile(content)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(`${path}.${process.pid}.new`, path)
    await syncDirectory(this.#dir)
  }
}

function fileOf({ sha256 }: ObjectReference): string {
  return `${sha256}.zst`
}

/** So that the new name survives a power cut too. Windows has no such thing, and refuses. */
async function syncDirectory(dir: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(dir, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
