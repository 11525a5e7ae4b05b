import { randomBytes } from 'node:crypto'

/** A name that no other test of any run has: fit for subjects, buckets, databases and schemas. Starts with a letter. */
export function testPrefix(): string {
  return `t${randomBytes(6).toString('hex')}`
}
