import { z } from 'zod'
import type { IndexScope } from './alias-index.ts'
import { epoch } from './position.ts'
import { unescapeToken } from './subjects.ts'

/** Where the alias index stands: the bucket of its objects, and in KV bucket `schema` its pointers and its progress. */
export const ALIAS_INDEX_OBJECTS = 'alias-index'
export const ALIAS_INDEX_POINTERS = 'schema'
export const ALIAS_INDEX_PROGRESS_KEY = 'alias_index_progress'
const POINTER_PREFIX = 'alias_index.'

/** KV key of a scope's pointer, from its scope key. */
export function pointerKey(scopeKey: string): string {
  return `${POINTER_PREFIX}${scopeKey}`
}

/** The scope key in a pointer's key. */
export function scopeKeyOfPointer(key: string): string {
  return key.slice(POINTER_PREFIX.length)
}

/** The index scope that has this key. @throws RangeError when none has. */
export function indexScopeOfKey(key: string): IndexScope {
  const [kind, token, ...rest] = key.split('.')
  if (rest.length === 0 && kind === 'global' && token === undefined) return { kind }
  if (rest.length === 0 && token !== undefined && kind === 'site') return { kind, site: unescapeToken(token) }
  if (rest.length === 0 && token !== undefined && kind === 'context') return { kind, context: unescapeToken(token) }
  throw new RangeError(`not the key of an index scope: ${key}`)
}

/**
 * KV `schema`, key `alias_index_progress`: everything up to here is in the pointers, but for scopes that a running job
 * holds back. It moves with the pointers or after them, never before; with several pointers as the last message of their
 * atomic batch.
 */
export const aliasIndexProgress = z.object({ epoch, position: z.int().min(0), generation: z.int().min(0) })
export type AliasIndexProgress = z.infer<typeof aliasIndexProgress>
