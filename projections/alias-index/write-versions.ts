import type { AliasIndexDelta, AliasIndexPointer } from '../../schemas/alias-index.ts'
import type { Epoch } from '../../schemas/position.ts'
import { concurrently } from '../concurrently.ts'
import type { DraftContext } from './draft-versions.ts'
import { entriesOf, type PublishedRow, removedOf } from './index-columns.ts'
import { readChanged, readLive, readParts } from './read-index.ts'
import { objectName, storeBase, type StoredBase, storeSplitBase } from './store-base.ts'
import { storeObject } from './store-object.ts'
import type { VersionDraft, WrittenVersion } from './version-draft.ts'

/**
 * Stores the objects of all drafts. At most about one part's rows are in memory at a time. A draft whose objects the store
 * does not take or give back is told to `onFault`, and is not among those answered.
 */
export async function writeVersions(
  context: Pick<DraftContext, 'ports' | 'client' | 'baseBytes'>,
  drafts: readonly VersionDraft[],
  epoch: Epoch,
  onFault: (draft: VersionDraft, error: unknown) => void,
): Promise<readonly WrittenVersion[]> {
  const { splitAbove } = context.ports
  const written: WrittenVersion[] = []
  const isSplit = ({ plan, rows }: VersionDraft): boolean => plan.kind === 'base' && rows > splitAbove
  const attempt = async (draft: VersionDraft, write: () => Promise<WrittenVersion>): Promise<void> => {
    try {
      written.push(await write())
    } catch (error) {
      onFault(draft, error)
    }
  }
  for (const group of inGroups(
    drafts.filter((draft) => !isSplit(draft)),
    splitAbove,
  )) {
    const rows = await readRows(context, group)
    await concurrently(group, GROUP, (draft) =>
      attempt(draft, () => writeOne(context, draft, rows.get(draft) ?? [], epoch)),
    )
  }
  for (const draft of drafts.filter(isSplit)) await attempt(draft, () => writeSplit(context, draft, epoch))
  return written
}

/** Between groups the tables are read, which also says that their owner is alive. */
const GROUP = 128

/** Groups of drafts, none too large, whose rows are about `most` in all. */
function* inGroups(drafts: readonly VersionDraft[], most: number): Generator<readonly VersionDraft[]> {
  let group: VersionDraft[] = []
  let rows = 0
  for (const draft of drafts) {
    if (group.length === GROUP || (group.length > 0 && rows + draft.rows > most)) {
      yield group
      group = []
      rows = 0
    }
    group.push(draft)
    rows += draft.rows
  }
  if (group.length > 0) yield group
}

async function readRows(
  { client }: Pick<DraftContext, 'client'>,
  group: readonly VersionDraft[],
): Promise<ReadonlyMap<VersionDraft, readonly PublishedRow[]>> {
  const deltas = group.filter(({ plan }) => plan.kind === 'delta')
  const bases = group.filter(({ plan }) => plan.kind === 'base')
  const changed = await readChanged(client, deltas)
  const live = await readLive(
    client,
    bases.map(({ scopeKey }) => scopeKey),
  )
  const rowsOf = ({ scopeKey, plan }: VersionDraft): readonly PublishedRow[] =>
    (plan.kind === 'delta' ? changed : live).get(scopeKey) ?? []
  return new Map(group.map((draft) => [draft, rowsOf(draft)]))
}

async function writeOne(
  context: Pick<DraftContext, 'ports' | 'baseBytes'>,
  draft: VersionDraft,
  rows: readonly PublishedRow[],
  epoch: Epoch,
): Promise<WrittenVersion> {
  const { objects } = context.ports
  const { scopeKey, claim, before, plan } = draft
  const { version, position } = claim
  if (plan.kind === 'base' || before === undefined)
    return asBase(context, draft, await storeBase(objects, { scopeKey, version, position }, rows), epoch)
  const { from } = plan
  const [entries, removed] = [entriesOf(rows), removedOf(rows)]
  const delta: AliasIndexDelta = { kind: 'delta', scope: scopeKey, from, to: version, position, entries, removed }
  const stored = await storeObject(objects, objectName({ scopeKey, version }), delta, { from, to: version })
  const deltas = before.value.deltas.filter(({ to }) => to < from)
  const pointer = { ...before.value, version, position, deltas: [...deltas, { ...stored, from, to: version }] }
  return { scopeKey, expected: before.revision, pointer, bytes: stored.bytes }
}

async function writeSplit(
  context: Pick<DraftContext, 'ports' | 'client' | 'baseBytes'>,
  draft: VersionDraft,
  epoch: Epoch,
): Promise<WrittenVersion> {
  const { ports, client } = context
  const { scopeKey, claim, rows } = draft
  const parts = readParts(client, scopeKey, Math.ceil(rows / ports.splitAbove))
  return asBase(context, draft, await storeSplitBase(ports.objects, { scopeKey, ...claim }, parts), epoch)
}

function asBase(
  { baseBytes }: Pick<DraftContext, 'baseBytes'>,
  { scopeKey, claim: { version, position }, before }: VersionDraft,
  { base, totalBytes }: StoredBase,
  epoch: Epoch,
): WrittenVersion {
  baseBytes.set(base.object, totalBytes)
  if (before !== undefined) baseBytes.delete(before.value.object)
  const pointer: AliasIndexPointer = { version, ...base, baseVersion: version, epoch, position, deltas: [] }
  return { scopeKey, expected: before?.revision ?? 0, pointer, bytes: totalBytes }
}
