import type { Client } from 'pg'
import { encodeEvent } from '../../commands/encode-event.ts'
import { EventStoreClaims } from '../../infra/event-store-claims.ts'
import { objectMessages } from '../../infra/jetstream/object-messages.ts'
import type { ObjectLabel } from '../../projections/alias-index/index-objects.ts'
import type { Placed } from '../../projections/alias-index/index-pointers.ts'
import type { IndexPorts } from '../../projections/alias-index/index-ports.ts'
import { SPLIT_ABOVE } from '../../projections/alias-index/index-publisher.ts'
import type { AliasIndexPointer } from '../../schemas/alias-index.ts'
import { ALIAS_INDEX_POINTERS, ALIAS_INDEX_PROGRESS_KEY, pointerKey } from '../../schemas/alias-index-keys.ts'
import { newUlid } from '../../schemas/new-ulid.ts'

/** Bytes written so far: of every message its subject and payload. */
export interface WrittenBytes {
  objects: number
  pointers: number
  claims: number
  /** Bases written, parts counted with them. */
  bases: number
}

/**
 * Everything that a publisher writes to, in this process' memory: what is wanted is how many bytes it writes, over many
 * more changes than servers could take in the time. Claims stand in the tables at once, as if they had been read back.
 */
export function countingPorts(client: Client): { readonly ports: IndexPorts; readonly written: WrittenBytes } {
  const written: WrittenBytes = { objects: 0, pointers: 0, claims: 0, bases: 0 }
  const labels = new Map<string, ObjectLabel>()
  const pointers = new Map<string, Placed<AliasIndexPointer>>()
  let revision = 0
  const count = (key: string, value: object): void => {
    written.pointers += `$KV.${ALIAS_INDEX_POINTERS}.${key}`.length + JSON.stringify(value).length
  }
  const claims = new EventStoreClaims({
    store: {
      async append(writes) {
        for (const { subject, envelope } of writes) {
          written.claims += subject.length + encodeEvent(envelope, 1024 * 1024).length
          const { version, position } = envelope.data
          const values = ['global', version, position]
          await client.query({
            name: 'claim',
            text: 'insert into index_versions values ($1, $2, $3, $3, now())',
            values,
          })
        }
        return { status: 'appended', revisions: writes.map(({ envelope }) => Number(envelope.data['position'])) }
      },
      lastRevision: async () => 0,
      readAll: () => none(),
    },
    now: Date.now,
    newId: newUlid,
    source: '/pharos',
  })
  const ports: IndexPorts = {
    claims,
    objects: {
      async put(name, bytes, label) {
        const metadata = { from: String(label.from), to: String(label.to) }
        for (const { subject, payload } of objectMessages('alias-index', { name, metadata }, bytes))
          written.objects += subject.length + payload.length
        if (label.totalBytes !== undefined) written.bases++
        labels.set(name, label)
        return { wasStored: true, held: bytes }
      },
      get: async () => undefined,
      label: async (name) => labels.get(name),
      list: async () => [],
      remove: async () => undefined,
      removeFragments: async () => 0,
    },
    pointers: {
      read: async (scopeKey) => pointers.get(scopeKey),
      all: () => none(),
      readProgress: async () => undefined,
      async move(moves, progress) {
        for (const { scopeKey, pointer } of moves) {
          count(pointerKey(scopeKey), pointer)
          pointers.set(scopeKey, { value: pointer, revision: ++revision, movedAt: 0 })
        }
        if (progress !== undefined) count(ALIAS_INDEX_PROGRESS_KEY, progress.progress)
        return ++revision
      },
    },
    reports: {
      alarm({ error }) {
        throw error
      },
    },
    now: Date.now,
    splitAbove: SPLIT_ABOVE,
  }
  return { ports, written }
}

async function* none(): AsyncGenerator<never, void> {}
