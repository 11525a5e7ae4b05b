/** All waits of a running projector, in milliseconds. */
export interface ProjectorTiming {
  /** With nothing to apply, how often to look where the log ends: what a reader of a quiet projector waits at most. */
  readonly idle: number
  /** An owner that is silent for so long loses its session, and with it the projector. */
  readonly lease: number
  /** How often an idle owner says that it is alive: well within the lease. */
  readonly heartbeat: number
  /** How often a standby tries to become the owner. */
  readonly standby: number
  /** While something is parked, how often to see what people want done about it. */
  readonly attend: number
  /** First and longest wait before trying again after an outage or a halt. */
  readonly retry: number
  readonly retryMost: number
  /** Longest wait for an answer from the log. */
  readonly log: number
}

export const PROJECTOR_TIMING: ProjectorTiming = {
  idle: 100,
  lease: 10_000,
  heartbeat: 2_000,
  standby: 1_000,
  attend: 500,
  retry: 100,
  retryMost: 5_000,
  log: 5_000,
}
