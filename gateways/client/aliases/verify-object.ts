import { createHash } from 'node:crypto'
import { IndexFault } from './index-fault.ts'
import type { ObjectReference } from './object-reference.ts'

/** @throws IndexFault `object_corrupt` unless these are the very bytes that the reference names. */
export function verifyObject({ object, sha256, bytes }: ObjectReference, stored: Uint8Array, scope: string): void {
  if (stored.byteLength !== bytes)
    throw new IndexFault('object_corrupt', scope, `${object} has ${stored.byteLength} bytes, and should have ${bytes}`)
  const actual = createHash('sha256').update(stored).digest('hex')
  if (actual !== sha256)
    throw new IndexFault('object_corrupt', scope, `${object} has sha256 ${actual}, and should have ${sha256}`)
}
