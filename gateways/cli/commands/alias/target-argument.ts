import { InvalidArgumentError } from 'commander'
import { type Target, target } from '../../../../schemas/alias.ts'

/** A target as people type it: a UUID is a channel, an http or https URL an endpoint. */
export function parseTarget(text: string): Target {
  const parsed = target.safeParse(
    /^https?:/i.test(text) ? { kind: 'endpoint', url: text } : { kind: 'channel', channelId: text },
  )
  if (parsed.success) return parsed.data
  throw new InvalidArgumentError(`"${text}" is no target: the UUID of a channel, or an http or https URL`)
}

export function formatTarget(of: Target): string {
  return of.kind === 'channel' ? of.channelId : of.url
}
