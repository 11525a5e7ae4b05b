import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { pino } from 'pino'
import { startInfrastructure } from '../../../infra/embedded/embedded-infrastructure.ts'
import { startTelemetry } from '../../../infra/telemetry.ts'
import { createLogger } from '../../observability/logger.ts'
import { Failure } from '../failure.ts'
import { interruptSignal } from '../interrupt.ts'
import { configFromEnvironment } from '../platform/environment.ts'
import { keysDirOf } from '../platform/keys-dir.ts'
import { makeManifestKeys } from '../platform/device-keys.ts'
import { openClient } from '../platform/open-client.ts'
import { masterKeysOf } from '../platform/master-keys.ts'
import { startPlatform } from '../platform/platform.ts'
import { announceInstance } from '../platform/running-instance.ts'
import { secretOf } from '../platform/secret.ts'
import { withoutCredential } from '../platform/without-credential.ts'
import { startSampleDevices } from '../tour/devices/sample-devices.ts'
import { firstLoad } from '../tour/first-load.ts'
import { showLive } from '../tour/live-screen.ts'
import { registerWeather } from '../tour/register-weather.ts'
import { welcome } from '../tour/screen.ts'
import { tourOnce } from '../tour/tour-once.ts'

interface Options {
  readonly once?: true
  readonly json?: true
  readonly sites?: number
}

/** `pharos up`: everything on this machine, with servers of its own unless the environment names some. */
export function upCommand(): Command {
  return new Command('up')
    .description('bring up the whole platform here, with embedded NATS and Postgres, and show what it does')
    .option('--once', 'take the tour once, print a summary, and stop')
    .option('--json', 'with --once: the summary as JSON')
    .option('--sites <number>', 'load only so many of the 3,376 sites of the sample', wholeNumber)
    .action(up)
}

async function up(options: Options): Promise<void> {
  // A server that is lost ends everything as Ctrl-C does; but then it is an error.
  const lost = new AbortController()
  const signal = AbortSignal.any([interruptSignal(), lost.signal])
  try {
    await runUntil(signal, lost, options)
  } catch (error) {
    if (!lost.signal.aborted) throw error
  }
  if (lost.signal.aborted) throw lost.signal.reason
}

async function runUntil(signal: AbortSignal, lost: AbortController, { once, json, sites }: Options): Promise<void> {
  const config = configFromEnvironment()
  const { PHAROS_DATA_DIR: dataDir } = config
  const screen = json === true ? process.stderr : process.stdout
  screen.write('Pharos\n')
  await using running = new AsyncDisposableStack()

  const infrastructure = await startInfrastructure({
    dataDir,
    keysDir: keysDirOf(config),
    natsUrl: config.NATS_URL?.join(','),
    databaseUrl: config.DATABASE_URL,
    signal,
    onServer({ state, message }) {
      if (state === 'lost') lost.abort(new Failure(message))
      else process.stderr.write(`pharos: ${message}\n`)
    },
  })
  running.defer(() => infrastructure.stop())
  const embedded = infrastructure.embedded.nats !== undefined && infrastructure.embedded.postgres !== undefined
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const logFile = join(dataDir, 'pharos.log')
  // The screen is for people; what happens in detail goes to a file beside the data.
  const logger = createLogger(config.LOG_LEVEL, pino.destination({ dest: logFile, mkdir: true, sync: true }))
  const keysDir = keysDirOf(config)
  if (keysDir !== undefined) await makeManifestKeys(keysDir, new Date())
  const telemetry = startTelemetry(process.env)
  running.defer(() => telemetry.stop())

  const { natsUrl, databaseUrl } = infrastructure
  const platform = await startPlatform({
    config,
    natsUrl,
    databaseUrl,
    secretKey: await secretOf(config),
    masterKeys: await masterKeysOf(config),
    logger,
    embedded,
  })
  running.defer(() => platform.stop())
  const gone = new AbortController()
  void platform.logGone.then(() => gone.abort())
  const announced = await announceInstance(dataDir, {
    pid: process.pid,
    apiUrl: platform.apiUrl ?? 'http://127.0.0.1',
    natsUrl,
    databaseUrl,
  })
  running.defer(() => announced.withdraw())
  const client = await openClient()
  running.defer(() => client.close())

  screen.write(`${welcome(platform.apiUrl).join('\n')}\n  log       ${logFile}\n`)
  // Somebody else's servers hold somebody else's truth: the sample is for our own only.
  const loaded = embedded ? await firstLoad(client, dataDir, screen, { sites, signal }) : undefined
  if (embedded) await registerWeather(client, signal)
  const serverUrl = infrastructure.embedded.postgres?.url
  const sample = { client, dataDir, natsUrl: withoutCredential(natsUrl), logger, signal }
  const devices = embedded && serverUrl !== undefined ? await startSampleDevices({ ...sample, serverUrl }) : undefined
  if (devices !== undefined) running.defer(() => devices.stop())
  screen.write('  ready\n')
  const tour = { platform, client, screen, embedded, devices: devices?.devices ?? [] }
  if (once === true) await tourOnce({ ...tour, json: json === true, loaded, signal })
  else await showLive(tour, AbortSignal.any([signal, gone.signal]))
  if (gone.signal.aborted) screen.write('  the log was restored beneath this process: start it anew\n')
  screen.write('  draining\n')
}

function wholeNumber(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(text)
}
