/** What decides whether an observation of a channel is taken. */
export interface KnownChannel {
  /** The only device that may observe it; `null`: any. */
  readonly device: string | null
  readonly retired: boolean
}

/** Why observations of a channel are not taken from a device, if they are not. `undefined` is a channel that nobody registered. */
export function refusedChannel(
  known: KnownChannel | undefined,
  device: string,
): { readonly code: string; readonly message: string } | undefined {
  if (known === undefined) return { code: 'unknown_channel', message: 'must be a channel that is registered' }
  if (known.retired) return { code: 'retired_channel', message: 'must be a channel that is not retired' }
  if (known.device !== null && known.device !== device)
    return { code: 'wrong_device', message: `must be a channel of device ${device}, or of no device` }
  return undefined
}
