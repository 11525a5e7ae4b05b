import { z } from 'zod'
import { contextName, type Scope, siteName } from './scope.ts'
import { epoch } from './position.ts'
import { escapeToken } from './subjects.ts'

/** What the alias index is published by: a site with all its nodes, a context, or global. Each has its own versions. */
export const indexScope = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('global') }),
  z.strictObject({ kind: z.literal('site'), site: siteName }),
  z.strictObject({ kind: z.literal('context'), context: contextName }),
])
export type IndexScope = z.infer<typeof indexScope>

/** The index scope that an alias of this scope is published in. */
export function indexScopeOf(scope: Scope): IndexScope {
  return scope.kind === 'node' ? { kind: 'site', site: scope.site } : scope
}

/** `global`, `site.KSEA`, `context.frontend`: the scope as escaped tokens, in keys, subjects and object names. */
export function indexScopeKey(of: IndexScope): string {
  switch (of.kind) {
    case 'global':
      return 'global'
    case 'site':
      return `site.${escapeToken(of.site)}`
    case 'context':
      return `context.${escapeToken(of.context)}`
  }
}

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const version = z.int().min(1)

/** An immutable object of bucket `alias-index`: zstd of JSON. */
const stored = {
  object: z.string().min(1).max(1024),
  /** Over the bytes as stored, so before they are unpacked. */
  sha256,
  /** As stored. */
  bytes: z.int().min(1),
}

/** All changes of the versions `from` to `to`, both included. */
const deltaReference = z.strictObject({ ...stored, from: version, to: version })

/**
 * KV `schema`, key `alias_index.<scope key>`: the current version of one scope. Its content is the base object and then
 * its deltas in order, which continue one another without a gap from `baseVersion + 1` to `version`.
 * Every delta says what its names are at its end: applying one again, or one that is known in part, does no harm.
 */
export const aliasIndexPointer = z.strictObject({
  version,
  ...stored,
  baseVersion: version,
  epoch,
  /** Sequence of the last event that this content knows. */
  position: z.int().min(0),
  deltas: z.array(deltaReference).max(32),
})
export type AliasIndexPointer = z.infer<typeof aliasIndexPointer>

/**
 * Names of one level, in columns: `names[i]` stands for `targets[i]`. Disabled aliases are left out, since they answer
 * as if absent; expiry is told, since it is a matter of the moment of reading.
 */
const entries = z.strictObject({
  /** `null`: the scope itself. Else a node of the site. */
  node: z.string().nullable(),
  /** As people wrote them; the name key is derived. */
  names: z.array(z.string()),
  /** A channel's UUID, or an endpoint's URL. */
  targets: z.array(z.string()),
  /** The alias's integer id, which a rename keeps. */
  ids: z.array(z.int()),
  /** Epoch milliseconds; 0: never. Empty when nothing here expires. */
  expires: z.array(z.int()),
})
export type AliasIndexEntries = z.infer<typeof entries>

/** A whole scope. Above 32k entries it is split by hash of the name key, and `entries` is empty. */
export const aliasIndexBase = z.strictObject({
  kind: z.literal('base'),
  scope: z.string(),
  version,
  position: z.int().min(0),
  entries: z.array(entries),
  /** The parts of a split scope: objects of kind `part`, in no order that matters. */
  parts: z.array(z.strictObject({ ...stored, entries: z.int().min(0) })),
})
export type AliasIndexBase = z.infer<typeof aliasIndexBase>

export const aliasIndexPart = z.strictObject({
  kind: z.literal('part'),
  scope: z.string(),
  version,
  entries: z.array(entries),
})
export type AliasIndexPart = z.infer<typeof aliasIndexPart>

export const aliasIndexDelta = z.strictObject({
  kind: z.literal('delta'),
  scope: z.string(),
  from: version,
  to: version,
  position: z.int().min(0),
  /** Set or changed, as they are at version `to`. */
  entries: z.array(entries),
  /** Name keys that hold nothing (enabled) at version `to`. */
  removed: z.array(z.strictObject({ node: z.string().nullable(), nameKeys: z.array(z.string()) })),
})
export type AliasIndexDelta = z.infer<typeof aliasIndexDelta>
