/** What kept a scope's newest version from being taken in. The last good version goes on answering. */
export type IndexFaultCode =
  /** NATS does not answer, or refuses. */
  | 'unreachable'
  /** An object is not there, nor is a pointer that leads past it. */
  | 'object_gone'
  /** An object is not what its pointer says: length, sha256, or what is in it. */
  | 'object_corrupt'
  /** An object is larger than any may be, packed or unpacked. */
  | 'object_too_large'
  | 'pointer_invalid'
  /** The pointer went back to an earlier version of its epoch, or to an earlier epoch. It is ignored. */
  | 'pointer_went_back'
  /** There was a pointer, and there is none now. */
  | 'pointer_gone'
  /** The directory cannot be read or written. */
  | 'directory'
  /** A listener threw. */
  | 'listener'

export class IndexFault extends Error {
  override readonly name = 'IndexFault'
  readonly code: IndexFaultCode
  /** As in keys and object names, `site.KSEA`; empty when it is about all. */
  readonly scope: string

  constructor(code: IndexFaultCode, scope: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.scope = scope
  }

  /** The error itself, or an outage that it is the cause of. */
  static of(error: unknown, scope: string, code: IndexFaultCode = 'unreachable'): IndexFault {
    if (error instanceof IndexFault) return error
    return new IndexFault(code, scope, error instanceof Error ? error.message : String(error), { cause: error })
  }
}
