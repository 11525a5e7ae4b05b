/** An account with a password, its one user, and a JetStream of its own: for tests, which need many at once. */
export interface NatsAccount {
  readonly name: string
  readonly user: string
  readonly password: string
}

/** What stands in the configuration of a nats-server. Paths are as the server sees them. */
export interface NatsServerSettings {
  readonly host: string
  /** -1: any free port, which the server then writes into `runDir`. */
  readonly port: number
  readonly storeDir: string
  readonly runDir?: string
  /** Who may connect: the users of these accounts, or whom the operator that these lines are about lets in. */
  readonly access: { readonly accounts: readonly NatsAccount[] } | { readonly operatorConfig: string }
  /**
   * Off: acknowledged messages survive a killed process, but not a power cut, and streams may reserve more than the disk
   * has. For tests, of which many at once have streams that stay small.
   */
  readonly durable: boolean
}

/** The configuration file of a nats-server. The same settings give the same text, so that a change can be seen. */
export function natsServerConfig(settings: NatsServerSettings): string {
  const { host, port, storeDir, runDir, access, durable } = settings
  return [
    'server_name: pharos-embedded',
    `host: ${quote(host)}`,
    `port: ${port}`,
    'max_payload: 1MB',
    // Many who connect at one moment must not be turned away for the time that this takes a busy machine (by default 2 s).
    'authorization { timeout: 15 }',
    ...(runDir === undefined ? [] : [`ports_file_dir: ${quote(runDir)}`]),
    // An ack means stored: every write is synced before it is acknowledged.
    `jetstream { store_dir: ${quote(storeDir)}, ${durable ? 'sync_interval: always' : 'max_file_store: 100TB'} }`,
    'operatorConfig' in access ? access.operatorConfig : accountsConfig(access.accounts),
  ].join('\n')
}

function accountsConfig(accounts: readonly NatsAccount[]): string {
  return [
    'accounts {',
    ...accounts.map(
      ({ name, user, password }) =>
        `  ${name}: { jetstream: enabled, users: [{ user: ${quote(user)}, password: ${quote(password)} }] }`,
    ),
    '}',
    '',
  ].join('\n')
}

function quote(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}
