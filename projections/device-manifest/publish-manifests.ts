import type { Position } from '../../schemas/position.ts'
import type { DeviceId, Manifest } from '../../schemas/device-sync/manifest.ts'
import { newestManifests } from '../../schemas/device-sync/newest-manifests.ts'
import { concurrently } from '../concurrently.ts'
import type { LocationContent } from './build-location.ts'
import { draftManifest, type ManifestContent } from './draft-manifest.ts'
import { isLater } from './is-later.ts'
import type { KnownManifest } from './manifest-ledger.ts'
import type { ManifestPorts } from './manifest-ports.ts'
import type { StandingManifests } from './manifest-store.ts'

/** Devices whose manifests are on their way at once. */
const AT_ONCE = 128
/** Another builder has published meanwhile: so often at most. */
const TRIES = 5

type Ports = Pick<ManifestPorts, 'manifests' | 'signer' | 'now' | 'newManifestId'>

interface PublishContext {
  readonly ports: Ports
  /** Called for each device: what takes long says that it lives. */
  readonly alive: () => Promise<void>
}

/** What a device is to have, and what is known of what it has. */
interface Due {
  readonly deviceId: DeviceId
  /** The newest schema version first. */
  readonly contents: readonly ManifestContent[]
  readonly known: readonly KnownManifest[]
}

/**
 * Signs and publishes a manifest for every device of these locations whose content is another than was published last.
 * Answers what stands for those now.
 */
export async function publishManifests(
  { ports, alive }: PublishContext,
  contents: readonly LocationContent[],
  known: readonly KnownManifest[],
  at: Position,
): Promise<readonly StandingManifests[]> {
  const knownOf = Map.groupBy(known, ({ deviceId }) => deviceId)
  const due = contents
    .flatMap(({ locationId, devices }) =>
      [...Map.groupBy(devices, ({ deviceId }) => deviceId)].map(([deviceId, of]) => ({
        deviceId,
        contents: of.map((content) => draftManifest(content, locationId)),
        known: knownOf.get(deviceId) ?? [],
      })),
    )
    .filter(isNews)
  return concurrently(due, AT_ONCE, async (device) => {
    await alive()
    return publish(ports, device, at)
  })
}

function isNews({ contents, known }: Due): boolean {
  const same = contents.filter(({ schemaVersion, sha256 }) =>
    known.some((one) => one.schemaVersion === schemaVersion && one.sha256 === sha256),
  )
  return same.length < contents.length || known.length !== contents.length
}

/**
 * Within a device, (epoch, position) never goes back: what another builder has published of a later one stays, and this
 * one has been replaced.
 */
async function publish(ports: Ports, { deviceId, contents, known }: Due, at: Position): Promise<StandingManifests> {
  // Another version may still be good as it is; and then its manifest stays, with its id.
  let standing = known.length > 0 && contents.length > 1 ? await ports.manifests.read(deviceId) : undefined
  let expected = standing?.revision ?? known[0]?.revision ?? 0
  for (let tries = 0; tries < TRIES; tries++) {
    const last = standing
    const good = contents.map((content) => kept(content, last))
    // Published already, by a builder that did not live to record it.
    if (last !== undefined && last.manifests.length === good.length && !good.includes(undefined)) return last
    const made = contents.map(async (content, i) => good[i] ?? (await make(ports, content, at)))
    const manifests = newestManifests.parse(await Promise.all(made))
    const revision = await ports.manifests.publish(deviceId, manifests, expected)
    if (revision !== undefined) return { deviceId, revision, manifests }
    standing = await ports.manifests.read(deviceId)
    expected = standing?.revision ?? 0
    if (standing !== undefined && isLater(standing, at)) return standing
  }
  throw new Error(`the manifest of device ${deviceId} was replaced ${TRIES} times while it was published`)
}

function kept(content: ManifestContent, standing: StandingManifests | undefined): Manifest | undefined {
  return standing?.manifests.find(
    ({ schemaVersion, sha256 }) => schemaVersion === content.schemaVersion && sha256 === content.sha256,
  )
}

function make(ports: Ports, content: ManifestContent, { epoch, sequence }: Position): Promise<Manifest> {
  return ports.signer.signManifest({
    ...content,
    manifestId: ports.newManifestId(),
    generatedAt: new Date(ports.now()).toISOString(),
    epoch,
    position: sequence,
  })
}
