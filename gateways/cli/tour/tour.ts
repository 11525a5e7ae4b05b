import type { Pharos } from '../../client/index.ts'
import type { Platform } from '../platform/platform.ts'
import type { SampleDevice } from './devices/sample-devices.ts'
import type { FirstLoad } from './first-load.ts'

/** What the tour goes through, and where it is shown. */
export interface Tour {
  readonly platform: Platform
  readonly client: Pharos
  readonly screen: NodeJS.WriteStream
  readonly json: boolean
  readonly loaded: FirstLoad | undefined
  /** The servers are our own, and so is the sample in them: it may be changed to show what happens then. */
  readonly embedded: boolean
  /** Devices of the sample, whose agents run here. */
  readonly devices: readonly SampleDevice[]
  readonly signal: AbortSignal
}
