import type { DeviceEvent } from '../../schemas/events/device.ts'

/** A MAC address: whose it is. It is an aggregate, so that no two devices can ever have one address. */
export type MacState = { readonly status: 'none' } | { readonly status: 'claimed'; readonly deviceId: string }

export type MacEvent = Extract<DeviceEvent, { type: `mac.${string}` }>

export function evolveMac(_: MacState, event: MacEvent): MacState {
  return event.type === 'mac.claimed' ? { status: 'claimed', deviceId: event.data.deviceId } : { status: 'none' }
}
