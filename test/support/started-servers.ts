/** Servers as started by one of the ways to start them, still without a run directory. */
export interface StartedServers {
  readonly natsAddress: string
  readonly databaseUrl: string
  stop(): Promise<void>
}
