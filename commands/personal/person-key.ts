import type { KeyObject } from 'node:crypto'

/** The key of one person, AES-256: what is sealed with it can be read for as long as it exists. */
export interface PersonKey {
  /** Tells it from any other key that the person ever had. */
  readonly id: string
  readonly secret: KeyObject
}
