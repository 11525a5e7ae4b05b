/** Streams on a device: the local store, following channels, forwarding what was observed here. */
export { ChannelSource, type ChannelSourceOptions, SourceRefused } from './channel-source.ts'
export type { ObservationsStatus } from './observations-status.ts'
export {
  type LocalObservation,
  type ObservationsOptions,
  type RunningObservations,
  startObservations,
} from './start-observations.ts'
export { openStore, type OpenStore, OUTBOX_LIMITS, type StoreOptions } from '../store/open-store.ts'
export type { Outbox, OutboxCounts, OutboxLimits, OutgoingObservation, Waiting } from '../store/outbox.ts'
export {
  type FetchedObservation,
  HostileUuid,
  type ObservationRow,
  StoreCorrupt,
  StoreFull,
  type StreamMetadata,
  type StreamRow,
  type StreamStore,
} from '../store/stream-store.ts'
