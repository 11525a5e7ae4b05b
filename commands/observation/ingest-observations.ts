import { refusedChannel } from '../../domain/channel/known-channel.ts'
import type { Actor } from '../../schemas/actor.ts'
import { API_DEVICE, type IngestReport, MAX_PROBLEMS } from '../../schemas/http/observations.ts'
import { MAX_OBSERVATIONS, type Observation } from '../../schemas/observation.ts'
import { telemetrySubject } from '../../schemas/telemetry-subject.ts'
import { deviceOf } from '../access/device-of.ts'
import type { IngestPorts } from './ingest-ports.ts'
import { type ArrivedObservation, readSentObservation, type SentObservation } from './sent-observation.ts'

/** Messages that are sent before the first is known to be stored. */
const IN_FLIGHT = 32
/** Largest body of a message, in characters; those that say most are four bytes each. */
const MAX_BODY = 60_000

/** Not everything that was good is known to be stored. Sending all of it again is safe: what is stored is recognised. */
export class IngestUnavailable extends Error {
  override readonly name = 'IngestUnavailable'
}

/**
 * Takes observations that come some at a time: each is stored or refused alone, and the next ones are read when these are
 * known to be stored. @throws IngestUnavailable
 */
export async function ingestObservations(
  arriving: AsyncIterable<readonly ArrivedObservation[]>,
  actor: Actor,
  ports: IngestPorts,
): Promise<IngestReport> {
  const problems: IngestReport['problems'] = []
  let [accepted, refused, sequence] = [0, 0, 0]
  const refuse = (line: number, field: string, message: string, code = 'invalid_observation'): void => {
    refused++
    if (problems.length < MAX_PROBLEMS) problems.push({ line, code, field, message })
  }
  for await (const arrived of arriving) {
    const latestMs = ports.now() + ports.maxAheadMs
    const sent: SentObservation[] = []
    for (const one of arrived) {
      const read = readSentObservation(one, latestMs)
      if ('observation' in read) sent.push(read)
      else refuse(one.line, read.field, read.message)
    }
    const taken = await admitted(sent)
    const bodies = [...messages(taken)]
    sequence = Math.max(sequence, await available(() => publishAll(bodies)))
    accepted += taken.length
  }
  const position = accepted === 0 ? null : `${await available(() => ports.stream.epoch())}-${sequence}`
  return { accepted, refused, problems, position }

  /** Those whose channel is observed by this device, and whose device this actor may speak for; each with its device. */
  async function admitted(sent: readonly SentObservation[]): Promise<(SentObservation & { device: string })[]> {
    const own = actor.roles.includes('device') ? deviceOf(actor) : undefined
    const claimed = sent.map((one) => ({ ...one, device: one.device ?? own ?? API_DEVICE }))
    // Before the directory is asked, which may register a channel for whoever observes it.
    const allowed = claimed.filter((one) => speaksFor(one))
    const known = await available(() =>
      ports.directory.find(new Map(allowed.map(({ channelId, device }) => [channelId, device]))),
    )
    return allowed.flatMap((one) => {
      const found = known.get(one.channelId)
      const device = one.device === API_DEVICE ? (found?.device ?? API_DEVICE) : one.device
      const fault = refusedChannel(found, device)
      if (fault === undefined) return [{ ...one, device }]
      refuse(one.line, 'stream', fault.message, fault.code)
      return []
    })
  }

  function speaksFor({ line, device }: { readonly line: number; readonly device: string }): boolean {
    if (ports.policy.allows(actor, { action: 'write', on: 'observation', device })) return true
    refuse(line, 'device', `${actor.id} may not send observations of device ${device}`, 'forbidden')
    return false
  }

  /** Resolves with the last sequence when all are stored. */
  async function publishAll(bodies: readonly (readonly [subject: string, body: string])[]): Promise<number> {
    const queue = bodies.values()
    let last = 0
    const send = async (): Promise<void> => {
      for (const [subject, body] of queue) last = Math.max(last, await ports.stream.publish(subject, body))
    }
    await Promise.all(Array.from({ length: Math.min(IN_FLIGHT, bodies.length) }, send))
    return last
  }

  async function available<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (cause) {
      const so = `${accepted} observations are stored; of those after them it is not known. Send all of them again`
      throw new IngestUnavailable(so, { cause })
    }
  }
}

/** One message for as many observations of one device and channel as fit into it. */
function* messages(sent: readonly (SentObservation & { device: string })[]): Generator<readonly [string, string]> {
  const pending = new Map<string, { readonly texts: string[]; size: number }>()
  for (const { device, channelId, observation } of sent) {
    const subject = telemetrySubject(device, channelId)
    const text = written(observation)
    let batch = pending.get(subject)
    if (batch !== undefined && (batch.texts.length === MAX_OBSERVATIONS || batch.size + text.length > MAX_BODY)) {
      yield [subject, `[${batch.texts.join(',')}]`]
      batch = undefined
    }
    if (batch === undefined) pending.set(subject, (batch = { texts: [], size: 0 }))
    batch.texts.push(text)
    batch.size += text.length
  }
  for (const [subject, { texts }] of pending) yield [subject, `[${texts.join(',')}]`]
}

/** As a message has it: the value as text, so that no reader makes a double of it. */
function written({ value, at, hash, id, provider }: Observation): string {
  const labels = {
    ...(hash === null ? {} : { hash }),
    ...(id === null ? {} : { id }),
    ...(provider === null ? {} : { provider }),
  }
  return JSON.stringify({ value, observed_at: at, ...labels })
}
