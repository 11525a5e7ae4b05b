import { z } from 'zod'
import { LOG_LEVELS } from '../schemas/config.ts'
import { channelId } from '../schemas/ids.ts'
import { TACTICS } from './load/load-plan.ts'
import { OUTBOX_LIMITS } from './store/open-store.ts'

const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^[0-9]{1,15}$/, `must be a whole number from ${least} to ${most}`)
    .transform(Number)
    .refine((value) => value >= least && value <= most, `must be a whole number from ${least} to ${most}`)

const LOOPBACK = ['127.0.0.1', 'localhost', '::1']

/** The agent's environment, by the names of its variables. An empty variable is one that is not set. */
export const agentEnvironment = z
  .object({
    /** The device's own Postgres, 15 or newer. */
    DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL' }),
    /** File: who this device is and whom it believes (schemas/device-sync/messages.ts, `deviceIdentity`). */
    DEVICE_IDENTITY: z.string('must name the identity file that "pharos device provision" made'),
    /** File: the device's NATS credential. Unset: none, for servers that ask for none. */
    NATS_CREDS: z.string().optional(),
    /** Servers, separated by commas. Unset: the one of the identity. */
    NATS_URL: z.string().optional(),
    /** File: certificates of those who sign the servers' ones (PEM); set, only TLS is spoken. */
    NATS_CA: z.string().optional(),
    /** Seconds between two requests, on the average: each wait is between half and one and a half of it. */
    SYNC_INTERVAL: wholeNumber(1, 86_400).default(300),
    LOAD_TACTIC: z.enum(['auto', ...TACTICS], `must be auto, ${TACTICS.join(', ')}`).default('auto'),
    /** Seconds that a swap waits for transactions that have read the old tables; then the tables are merged instead. */
    SWAP_PATIENCE: wholeNumber(0, 3600).default(60),
    /** Most bytes, uncompressed, that a manifest may name. */
    MAX_DATA_BYTES: wholeNumber(1024, 1024 ** 4).default(4 * 1024 ** 3),
    /** Longest that one sync may take, in seconds. */
    SYNC_TIMEOUT: wholeNumber(10, 86_400).default(3600),
    /** Where downloaded chunks are kept. */
    EDGE_DATA_DIR: z.string().default('.pharos-edge'),
    API_HOST: z.string().default('127.0.0.1'),
    /** 0 takes a free port. */
    API_PORT: wholeNumber(0, 65_535).default(8100),
    /** What callers of the API must show as bearer token, but for /healthz. May be left out on loopback only. */
    API_TOKEN: z.string().min(32, 'must be at least 32 characters; "openssl rand -hex 32" makes one').optional(),
    /** The platform's API, which observations are sent to and read from. Unset: none are kept here. */
    CENTRAL_URL: z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' }).optional(),
    /** An API key that may send observations of this device; and read them, where channels are followed. */
    CENTRAL_API_KEY: z.string().startsWith('phk_', 'must be an API key').optional(),
    /** UUIDs, separated by commas, of the channels whose observations are kept here. */
    FOLLOW_CHANNELS: z
      .string()
      .transform((text) => text.split(',').map((uuid) => uuid.trim()))
      .pipe(z.array(channelId))
      .default([]),
    /** Most observations, and bytes of them, that wait on the disk for the link; beyond that the oldest are given up. */
    OUTBOX_ROWS: wholeNumber(1, 1_000_000_000).default(OUTBOX_LIMITS.rows),
    OUTBOX_BYTES: wholeNumber(1024, 1024 ** 4).default(OUTBOX_LIMITS.bytes),
    LOG_LEVEL: z
      .string()
      .toLowerCase()
      .pipe(z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`))
      .default('info'),
  })
  .refine(({ API_HOST, API_TOKEN }) => API_TOKEN !== undefined || LOOPBACK.includes(API_HOST), {
    path: ['API_TOKEN'],
    message: 'must be set where API_HOST is not loopback; "openssl rand -hex 32" makes one',
  })
  .refine(({ CENTRAL_URL, CENTRAL_API_KEY }) => (CENTRAL_URL === undefined) === (CENTRAL_API_KEY === undefined), {
    path: ['CENTRAL_API_KEY'],
    message: 'must be set where CENTRAL_URL is, and only there',
  })
  .refine(({ CENTRAL_URL, FOLLOW_CHANNELS }) => FOLLOW_CHANNELS.length === 0 || CENTRAL_URL !== undefined, {
    path: ['FOLLOW_CHANNELS'],
    message: 'needs CENTRAL_URL, where they are read from',
  })

/** How this agent is set up. */
export type AgentConfig = Readonly<z.infer<typeof agentEnvironment>>
