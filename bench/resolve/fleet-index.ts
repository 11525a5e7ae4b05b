import { createHash } from 'node:crypto'
import { zstdCompressSync } from 'node:zlib'
import { type ObjectStore, Objm } from '@nats-io/obj'
import { Kvm } from '@nats-io/kv'
import type { NatsConnection } from '@nats-io/transport-node'
import { type AliasIndexEntries, type IndexScope, indexScopeKey } from '../../schemas/alias-index.ts'

export const SITES = 50
export const NODES = 40
const GLOBAL_SHARE = 0.1
/** DESIGN §7: a shard above is split. */
export const PART_ENTRIES = 32_768
/** Every tenth alias expires, in a day. */
const EXPIRING = 10
const DAY_MS = 86_400_000

const EPOCH = '01KHZZZZZZZZZZZZZZZZZZZZZZ'
const THINGS = ['Main_Power_Feed', 'Backup_Generator', 'Primary_Sensor', 'Gate_Camera', 'Chiller_Temp', 'Pump']

export const siteName = (site: number): string => `site-${site}`
export const nodeName = (node: number): string => `node-${node}`
/** Names are those of a place: two levels share few. `level` is a node, or `site`, or `global`. */
export const aliasNameAt = (level: string, i: number): string => `${THINGS[i % THINGS.length]}_${level}_${i}`

export interface FleetIndex {
  readonly global: number
  /** Of each site's own level and of each of its nodes. */
  readonly perLevel: number
}

/** So many aliases: a tenth of them global, the others evenly over sites and their nodes. */
export function fleetIndex(aliases: number): FleetIndex {
  const global = Math.round(aliases * GLOBAL_SHARE)
  return { global, perLevel: Math.round((aliases - global) / SITES / (NODES + 1)) }
}

/** Publishes version 1 of every scope, in the format of the alias index; as the publisher would, but without its events. */
export async function publishFleetIndex(connection: NatsConnection, { global, perLevel }: FleetIndex): Promise<void> {
  const publish = await publisher(connection)
  await publish({ kind: 'global' }, [columns(null, 'global', global, 1)])
  for (let site = 0; site < SITES; site++) {
    const levels: AliasIndexEntries[] = [columns(null, 'site', perLevel, 1)]
    for (let node = 0; node < NODES; node++) levels.push(columns(nodeName(node), nodeName(node), perLevel, 1))
    await publish({ kind: 'site', site: siteName(site) }, levels)
  }
}

/** Names of one level, in the format of the index. */
export function columns(node: string | null, level: string, count: number, firstId: number): AliasIndexEntries {
  const rows = Array.from({ length: count }, (_, i) => i)
  const expiry = Date.now() + DAY_MS
  return {
    node,
    names: rows.map((i) => aliasNameAt(level, i)),
    targets: rows.map(() => crypto.randomUUID()),
    ids: rows.map((i) => firstId + i),
    expires: rows.map((i) => (i % EXPIRING === 0 ? expiry : 0)),
  }
}

async function publisher(connection: NatsConnection) {
  const objects = await new Objm(connection).create('alias-index')
  const kv = await new Kvm(connection).open('schema')
  return async (of: IndexScope, entries: readonly AliasIndexEntries[]): Promise<void> => {
    const scope = indexScopeKey(of)
    const facts = { scope, version: 1 }
    const count = entries.reduce((sum, { names }) => sum + names.length, 0)
    const parts = []
    if (count > PART_ENTRIES)
      for (const part of split(entries))
        parts.push({
          ...(await store(objects, `${scope}/v1-${parts.length}.json`, { kind: 'part', ...facts, entries: [part] })),
          entries: part.names.length,
        })
    const base = { kind: 'base', ...facts, position: 1, entries: parts.length > 0 ? [] : entries, parts }
    const stored = await store(objects, `${scope}/v1.json`, base)
    const pointer = { version: 1, ...stored, baseVersion: 1, epoch: EPOCH, position: 1, deltas: [] }
    await kv.put(`alias_index.${scope}`, JSON.stringify(pointer))
  }
}

function* split(entries: readonly AliasIndexEntries[]): Generator<AliasIndexEntries> {
  for (const { node, names, targets, ids, expires } of entries)
    for (let at = 0; at < names.length; at += PART_ENTRIES) {
      const end = at + PART_ENTRIES
      yield {
        node,
        names: names.slice(at, end),
        targets: targets.slice(at, end),
        ids: ids.slice(at, end),
        expires: expires.slice(at, end),
      }
    }
}

async function store(objects: ObjectStore, object: string, content: object) {
  const stored = zstdCompressSync(JSON.stringify(content))
  await objects.putBlob({ name: object }, stored)
  return { object, sha256: createHash('sha256').update(stored).digest('hex'), bytes: stored.byteLength }
}
