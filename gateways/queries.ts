import type { IndexScope } from '../schemas/alias-index.ts'
import type { Target } from '../schemas/alias.ts'
import type { Position } from '../schemas/position.ts'
import type { AliasView, HistoryEntry } from '../schemas/queries/alias.ts'
import type { AuditFilter, AuditLine } from '../schemas/queries/audit.ts'
import type { ChannelFilter, ChannelView } from '../schemas/queries/channel.ts'
import type {
  ObservationPage,
  ObservationRange,
  ObservationView,
  Series,
  SeriesOf,
} from '../schemas/queries/observation.ts'
import type { DeviceSight, FleetKind, FleetView } from '../schemas/queries/fleet.ts'
import type { ChannelId } from '../schemas/ids.ts'
import type { IndexDiffPage, IndexVersionPage } from '../schemas/queries/alias-index.ts'
import type {
  SyncAckFilter,
  SyncAckLine,
  SyncDeviceFilter,
  SyncDeviceLine,
  SyncManifestView,
  SyncRequestFilter,
  SyncRequestLine,
} from '../schemas/queries/device-sync.ts'
import type { Scope } from '../schemas/scope.ts'

interface Slot {
  readonly scope: Scope
  readonly name: string
}

interface Page {
  readonly cursor?: string | undefined
  readonly limit: number
}

/**
 * The read model, as the gateways ask it. Names are given as people write them; the read model folds them to their key.
 * An expired alias answers as if absent, at the instant `at` (epoch milliseconds). All reads end when `signal` aborts.
 * What rejects is a bug, or an outage: see {@link isReadModelOutage}. A cursor that is not one of its own is a RangeError.
 */
export interface Queries {
  /** The first enabled alias of this name along the chain of scopes, nearest first. */
  resolveAlias(
    query: { chain: readonly Scope[]; name: string; at: number },
    signal: AbortSignal,
  ): Promise<AliasView | undefined>
  /** Enabled or not. */
  getAlias(query: Slot & { at: number }, signal: AbortSignal): Promise<AliasView | undefined>
  /** In order of scope and name. `prefix` is of the name. */
  listAliases(
    query: Page & { scope?: Scope | undefined; prefix?: string | undefined; target?: Target | undefined; at: number },
    signal: AbortSignal,
  ): Promise<{ aliases: readonly AliasView[]; nextCursor: string | null }>
  /** Oldest first, of the alias that lives or last lived in the slot; `undefined` if none ever did. */
  aliasHistory(
    query: Slot & Page,
    signal: AbortSignal,
  ): Promise<{ entries: readonly HistoryEntry[]; nextCursor: string | null } | undefined>
  /** `active`: enabled and not expired. */
  countAliases(query: { at: number }, signal: AbortSignal): Promise<{ total: number; active: number }>
  /** Accepted and refused commands, in order of time. */
  listAudit(
    query: AuditFilter & Page & { order: 'newest' | 'oldest' },
    signal: AbortSignal,
  ): Promise<{ entries: readonly AuditLine[]; nextCursor: string | null }>
  countAudit(query: AuditFilter, signal: AbortSignal): Promise<{ total: number }>
  /** Newest first. */
  indexVersions(query: Page & { scope: IndexScope }, signal: AbortSignal): Promise<IndexVersionPage>
  /** In order of scope and name; `undefined` if one of the versions does not exist. */
  indexDiff(
    query: Page & { scope: IndexScope; from: number; to: number },
    signal: AbortSignal,
  ): Promise<IndexDiffPage | undefined>
  /** Retired or not. */
  getChannel(query: { channelId: ChannelId }, signal: AbortSignal): Promise<ChannelView | undefined>
  /** In order of name and age. */
  listChannels(
    query: ChannelFilter & Page,
    signal: AbortSignal,
  ): Promise<{ channels: readonly ChannelView[]; nextCursor: string | null }>
  /** The newest one, before `before` if that is given; `undefined` if there is none. */
  getObservation(
    query: { channelId: ChannelId; before?: string | undefined },
    signal: AbortSignal,
  ): Promise<ObservationView | undefined>
  /** `undefined` if there is no such channel. */
  listObservations(query: ObservationRange & Page, signal: AbortSignal): Promise<ObservationPage | undefined>
  /** Downsampled; `undefined` if there is no such channel. */
  observationSeries(query: SeriesOf, signal: AbortSignal): Promise<Series | undefined>
  /** A device also when it is decommissioned. */
  getFleetThing<K extends FleetKind>(
    query: { kind: K; id: string },
    signal: AbortSignal,
  ): Promise<FleetView<K> | undefined>
  /** In order of id. `filter` is by the names of the kind's filters. */
  listFleetThings<K extends FleetKind>(
    query: Page & { kind: K; filter: Readonly<Record<string, unknown>> },
    signal: AbortSignal,
  ): Promise<{ items: readonly FleetView<K>[]; nextCursor: string | null }>
  deviceSight(query: { deviceId: string }, signal: AbortSignal): Promise<DeviceSight | undefined>
  /** What devices asked for, newest first. */
  listSyncRequests(
    query: SyncRequestFilter & Page,
    signal: AbortSignal,
  ): Promise<{ requests: readonly SyncRequestLine[]; nextCursor: string | null }>
  /** What devices acknowledged, newest first. */
  listSyncAcknowledgements(
    query: SyncAckFilter & Page,
    signal: AbortSignal,
  ): Promise<{ acknowledgements: readonly SyncAckLine[]; nextCursor: string | null }>
  /** `undefined` when no manifest of that id was ever handed out. */
  getSyncManifest(query: { manifestId: string }, signal: AbortSignal): Promise<SyncManifestView | undefined>
  /** By id. */
  listSyncDevices(
    query: SyncDeviceFilter & Page,
    signal: AbortSignal,
  ): Promise<{ devices: readonly SyncDeviceLine[]; nextCursor: string | null }>
  /** How far a projector has come; what is read of it afterwards is at least as new. */
  position(signal: AbortSignal, projector: string): Promise<Position>
  /** Waits until a projector has come to `position`, at most until `signal` aborts; then says how many events are missing. */
  waitForPosition(
    position: Position,
    signal: AbortSignal,
    projector: string,
  ): Promise<{ reached: boolean; lag: number | null }>
}
