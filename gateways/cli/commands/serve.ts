import { Command } from 'commander'
import { environment } from '../../../schemas/config.ts'
import { startTelemetry } from '../../../infra/telemetry.ts'
import { createLogger } from '../../observability/logger.ts'
import { Failure } from '../failure.ts'
import { interruptSignal, untilAborted } from '../interrupt.ts'
import { configFromEnvironment } from '../platform/environment.ts'
import { masterKeysOf } from '../platform/master-keys.ts'
import { startPlatform } from '../platform/platform.ts'
import { secretOf } from '../platform/secret.ts'

/** `pharos serve`: a production process against servers that run already, logging JSON lines. */
export function serveCommand(): Command {
  return new Command('serve')
    .description('run this process in its roles, against DATABASE_URL and NATS_URL')
    .option('--roles <roles>', 'http, commands, projections, devices, separated by commas; PHAROS_ROLES if left out')
    .action(async ({ roles }: { roles?: string }) => {
      const signal = interruptSignal()
      const fromEnvironment = configFromEnvironment()
      const config =
        roles === undefined
          ? fromEnvironment
          : { ...fromEnvironment, PHAROS_ROLES: environment.shape.PHAROS_ROLES.parse(roles) }
      const { DATABASE_URL, NATS_URL } = config
      if (DATABASE_URL === undefined || NATS_URL === undefined)
        throw new Failure('serve needs DATABASE_URL and NATS_URL; "pharos up" brings servers of its own')
      const logger = createLogger(config.LOG_LEVEL)
      const telemetry = startTelemetry(process.env)
      const platform = await startPlatform({
        config,
        natsUrl: NATS_URL.join(','),
        databaseUrl: DATABASE_URL,
        secretKey: await secretOf(config),
        masterKeys: await masterKeysOf(config),
        logger,
        embedded: false,
      })
      const { apiUrl: api, probesUrl: probes } = platform
      logger.info({ roles: config.PHAROS_ROLES, api, probes }, 'ready')
      const isGone = await Promise.race([untilAborted(signal), platform.logGone.then(() => true)])
      logger.info('draining')
      await platform.stop()
      await telemetry.stop()
      logger.info('stopped')
      if (isGone === true) throw new Failure('the log was restored beneath this process: start it anew')
    })
}
