import { z } from 'zod'

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
/** What one process does; a small installation does all in one. */
export const PROCESS_ROLES = ['http', 'commands', 'projections', 'telemetry', 'devices'] as const

const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^[0-9]{1,15}$/, `must be a whole number from ${least} to ${most}`)
    .transform(Number)
    .refine((value) => value >= least && value <= most, `must be a whole number from ${least} to ${most}`)

const file = z.string()
const secret = z
  .string()
  .refine(
    (text) => new TextEncoder().encode(text).length >= 32,
    'must be at least 32 bytes; "openssl rand -base64 48" makes one',
  )
const flag = z.enum(['true', 'false'], 'must be true or false').transform((text) => text === 'true')
const loopback = ['localhost', '127.0.0.1', '[::1]']

/** A certificate is of no use without its key, nor a key without its certificate. */
const PAIRS = [
  ['API_TLS_CERT', 'API_TLS_KEY'],
  ['NATS_CERT', 'NATS_KEY'],
] as const

/** Variables that name a file. */
export const FILES = ['API_TLS_CERT', 'API_TLS_KEY', 'NATS_CA', 'NATS_CERT', 'NATS_KEY', 'NATS_CREDS'] as const

/** The environment, by the names of its variables. An empty variable is one that is not set. */
export const environment = z
  .object({
    /** Unset: an embedded Postgres in `PHAROS_DATA_DIR`. */
    DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, message: 'must be a postgres:// URL' }).optional(),
    /** Servers, separated by commas. Unset: an embedded server in `PHAROS_DATA_DIR`. */
    NATS_URL: z
      .string()
      .transform((text) => text.split(',').map((one) => one.trim()))
      .pipe(
        z.array(
          z.url({ protocol: /^(nats|tls|wss?)$/, message: 'must be nats:// or tls:// URLs, separated by commas' }),
        ),
      )
      .optional(),
    /** Certificates of those who sign the servers' ones (PEM); set, only TLS is spoken. Unset: the system's, for tls:// URLs. */
    NATS_CA: file.optional(),
    /** Certificate and private key of this client (PEM), for servers that verify their clients. */
    NATS_CERT: file.optional(),
    NATS_KEY: file.optional(),
    /** User JWT and seed as `nsc` writes them, for servers in operator mode. */
    NATS_CREDS: file.optional(),
    /** Where devices find NATS, if not where this process does. */
    DEVICE_NATS_URL: z
      .url({ protocol: /^(nats|tls|wss?)$/, message: 'must be a nats://, tls:// or wss:// URL' })
      .refine((text) => new URL(text).username === '', 'must hold no credential')
      .optional(),
    /** Unset: 0.0.0.0, or 127.0.0.1 with an embedded server. */
    API_HOST: z.string().optional(),
    /** 0 takes a free port. */
    API_PORT: wholeNumber(0, 65_535).default(8000),
    /** Certificate chain and private key (PEM). Unset: plain HTTP. */
    API_TLS_CERT: file.optional(),
    API_TLS_KEY: file.optional(),
    /** Signs tokens and protects API keys. May be left out only where both servers are embedded. */
    SECRET_KEY: secret.optional(),
    /** Encrypts the keys of people. May be left out only where both servers are embedded. */
    MASTER_KEY: secret.optional(),
    /** Another one that keys of people may still be encrypted with, while it is being replaced. */
    MASTER_KEY_PREVIOUS: secret.optional(),
    /** Where the public keys of an identity provider are. Then its tokens are taken, and those of SECRET_KEY are not. */
    JWKS_URL: z
      .url({ protocol: /^https?$/, message: 'must be an https:// URL' })
      .refine(
        (text) => !text.startsWith('http:') || loopback.includes(new URL(text).hostname),
        'must be an https:// URL',
      )
      .optional(),
    /** What the claims `iss` and `aud` of a token must be. */
    TOKEN_ISSUER: z.string().default('pharos'),
    TOKEN_AUDIENCE: z.string().default('pharos'),
    /** Life time of the tokens made here, in seconds. */
    TOKEN_EXPIRATION: wholeNumber(1, 31_536_000).default(3600),
    /** Requests that one credential may send in a minute, over HTTP. */
    RATE_LIMIT: wholeNumber(1, 10_000_000).default(6000),
    /** Commands over NATS that one process works on at once; more are answered `unavailable`. */
    MAX_IN_FLIGHT: wholeNumber(1, 1_000_000).default(2048),
    /** Whether alias names that look like others of their scope, or deceive by themselves, are refused. */
    ALIAS_LOOKALIKES: z.enum(['refuse', 'allow'], 'must be refuse or allow').default('refuse'),
    /** What becomes of observations of a channel that is not registered. */
    TELEMETRY_UNKNOWN_CHANNEL: z.enum(['reject', 'register'], 'must be reject or register').default('reject'),
    /** How far ahead of the clock an observation may be, in seconds. */
    TELEMETRY_MAX_AHEAD: wholeNumber(0, 31_536_000).default(300),
    /** How long observations are kept in Postgres, in days. Unset: for good. */
    TELEMETRY_RETENTION_DAYS: wholeNumber(1, 36_500).optional(),
    /** How much of stream TELEMETRY is kept: what the sink may be behind. The oldest are discarded first. */
    TELEMETRY_MAX_AGE_HOURS: wholeNumber(1, 87_600).default(168),
    TELEMETRY_MAX_BYTES: wholeNumber(1024 * 1024, 999_999_999_999_999).default(1024 ** 3),
    /** Whether /docs is open to all. Unset: only where both servers are embedded. */
    OPEN_DOCS: flag.optional(),
    LOG_LEVEL: z
      .string()
      .toLowerCase()
      .pipe(z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`))
      .default('info'),
    /** Whether /metrics is served. */
    PROMETHEUS_ENABLED: flag.default(true),
    PHAROS_DATA_DIR: z.string().default('.pharos'),
    /** Keys of NATS, devices and manifests, a file each (see `infra/nats/key-files.ts`). Unset: `keys` in `PHAROS_DATA_DIR`. */
    PHAROS_KEYS_DIR: z.string().optional(),
    /** Separated by commas. */
    PHAROS_ROLES: z
      .string()
      .transform((text) => text.split(',').map((one) => one.trim()))
      .pipe(
        z.array(z.enum(PROCESS_ROLES, `must be roles out of ${PROCESS_ROLES.join(', ')}, separated by commas`)).min(1),
      )
      .default([...PROCESS_ROLES]),
  })
  .superRefine((set, check) => {
    for (const [one, other] of PAIRS)
      if ((set[one] === undefined) !== (set[other] === undefined))
        check.addIssue({ code: 'custom', path: [one], message: `must be set together with ${other}` })
  })
  .refine(
    ({ SECRET_KEY, DATABASE_URL, NATS_URL }) =>
      SECRET_KEY !== undefined || (DATABASE_URL === undefined && NATS_URL === undefined),
    {
      path: ['SECRET_KEY'],
      message: 'must be set, at least 32 bytes; "openssl rand -base64 48" makes one',
    },
  )

/** How this process is set up. */
export type Config = Readonly<z.infer<typeof environment>>
