import { hash } from 'node:crypto'
import { type ChannelId, channelId } from '../../schemas/ids.ts'

/** A name-based UUID: the same channel in every installation. (RFC 9562 version 8: ours to define.) */
export function sampleChannel(...path: readonly string[]): ChannelId {
  const hex = hash('sha256', path.join('\n'))
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16)
  return channelId.parse(
    `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`,
  )
}
