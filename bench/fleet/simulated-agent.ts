import type { NodeConnectionOptions } from '@nats-io/transport-node'
import { pino } from 'pino'
import { Agent } from '../../edge-agent/agent.ts'
import { CentralAway } from '../../edge-agent/central/central.ts'
import { NatsCentral } from '../../edge-agent/central/nats-central.ts'
import type { ManifestId } from '../../schemas/device-sync/manifest.ts'
import { syncAnswer } from '../../schemas/device-sync/messages.ts'
import type { Provisioned } from './provisioned.ts'

const TIMEOUT_MS = 30_000
const logger = pino({ level: 'silent' })

/** What agents tell of their requests. */
export interface AgentReports {
  readonly onRequest: () => void
  readonly onAnswer: (status: string) => void
}

/** An agent with the real schedule and the real connection to central, and no Postgres: its sync is the question alone. */
export function startSimulatedAgent(
  { deviceId, key, jwt }: Provisioned,
  options: { readonly server: string; readonly intervalMs: number } & AgentReports,
): { stop(): Promise<void> } {
  const { server, intervalMs, onRequest, onAnswer } = options
  const nats: NodeConnectionOptions = {
    servers: server,
    // With node:crypto, as the client's own signature would take 20 ms of the one process that all agents share.
    authenticator: (nonce) => ({
      jwt,
      nkey: key.publicKey,
      sig: Buffer.from(key.sign(Buffer.from(nonce ?? ''))).toString('base64url'),
    }),
  }
  const central = new NatsCentral({ deviceId, nats, onTrouble: () => undefined })
  let held: { readonly manifestId: ManifestId } | undefined
  const agent = new Agent({
    async sync(_, signal) {
      if (!central.isConnected) return { status: 'away', message: 'there is no connection' }
      onRequest()
      try {
        const answer = syncAnswer.parse(await central.sync({ schemaVersion: 1, ...held }, signal))
        onAnswer(answer.status)
        if (answer.status === 'refused') return { status: 'failed', message: answer.message }
        const manifestId = answer.status === 'manifest' ? answer.manifest.manifestId : answer.manifestId
        held = { manifestId }
        return { status: answer.status === 'manifest' ? 'success' : 'unchanged', manifestId }
      } catch (error) {
        if (!(error instanceof CentralAway)) throw error
        onAnswer('away')
        return { status: 'away', message: error.message }
      }
    },
    central,
    intervalMs,
    timeoutMs: TIMEOUT_MS,
    random: Math.random,
    logger,
  })
  agent.start()
  return {
    async stop() {
      await agent.stop()
      await central.close()
    },
  }
}
