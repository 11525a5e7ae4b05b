import type { DeviceSyncEvent } from '../../schemas/events/device-sync.ts'

/** What one event of device sync says, with its place in stream `SYNC` and its time. */
export type PlacedSyncEvent<Name extends DeviceSyncEvent['type']> = {
  readonly id: number
  readonly at: string
} & Extract<DeviceSyncEvent, { type: Name }>['data']
