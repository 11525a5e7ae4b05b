import type { IndexObjects, ObjectLabel } from './index-objects.ts'
import { packObject, sha256 } from './pack-object.ts'

/** What a pointer or a base tells of an object. */
export interface StoredObject {
  readonly object: string
  readonly sha256: string
  readonly bytes: number
}

/** The store does not give back what it was given. */
export class ObjectDamaged extends Error {
  override readonly name = 'ObjectDamaged'
}

/** Another publisher, or one that crashed, has stored something else under this name: the version must be left out. */
export class NameTaken extends Error {
  override readonly name = 'NameTaken'
}

/**
 * Stores an object and reads it back. One that is there already with the same bytes, from before a crash, is as good.
 * @throws ObjectDamaged, NameTaken, or what the store throws.
 */
export async function storeObject(
  objects: IndexObjects,
  name: string,
  value: object,
  label: ObjectLabel,
): Promise<StoredObject> {
  const packed = await packObject(value)
  const { bytes } = packed
  const { wasStored, held } = await objects.put(name, bytes, { ...label, ...totalBytes(label, bytes) })
  const digest = held === undefined ? 'nothing' : sha256(held)
  if (digest === packed.sha256) return { object: name, sha256: digest, bytes: bytes.length }
  if (!wasStored) throw new NameTaken(`${name} holds something else`)
  throw new ObjectDamaged(`${name} was stored as ${packed.sha256} and read back as ${digest}`)
}

/** A base is as large as itself and its parts. */
function totalBytes({ totalBytes: parts }: ObjectLabel, bytes: Uint8Array): Pick<ObjectLabel, 'totalBytes'> {
  return parts === undefined ? {} : { totalBytes: parts + bytes.length }
}
