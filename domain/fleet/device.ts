import type { DeviceCommand } from '../../schemas/commands/device.ts'
import type { DeviceEvent } from '../../schemas/events/device.ts'
import { accept, type Decider, type Decision, refuse } from '../decider.ts'
import { changedFields } from './changed-fields.ts'
import type { LocationState } from './location.ts'
import { evolveMac, type MacState } from './mac.ts'
import { refuseMissing, refuseTaken } from './refuse-missing.ts'

/** A device. Its id is its own for ever, its MAC address may change hands with its board. */
export type DeviceState =
  | { readonly status: 'none' }
  | RegisteredDevice
  | { readonly status: 'decommissioned'; readonly mac: string }

export interface RegisteredDevice extends Readonly<Omit<RegisteredData, 'deviceId'>> {
  readonly status: 'registered'
}

type RegisteredData = Extract<DeviceEvent, { type: 'device.registered' }>['data']
type States = DeviceState | LocationState | MacState

const NONE: DeviceState = { status: 'none' }

/**
 * Beside the device, in this order: `device.register` is about its address and refers to its location if it has one;
 * `replace-mac` is about both addresses; `decommission` about its address; `assign` and `move` refer to the location.
 */
export const device: Decider<States, DeviceCommand, DeviceEvent> = {
  initialState: NONE,
  decide,
  evolve: (state, event) =>
    event.type === 'mac.claimed' || event.type === 'mac.released'
      ? evolveMac(state as MacState, event)
      : evolve(state as DeviceState, event),
}

function decide(command: DeviceCommand, states: readonly States[]): Decision<DeviceEvent> {
  const [state = NONE, second = NONE, third = NONE] = states as readonly [DeviceState?, States?, States?]
  const { deviceId } = command.data
  if (command.type === 'device.register') {
    const { mac, locationId } = command.data
    if (state.status !== 'none') return refuseTaken('device', deviceId, state)
    if (locationId !== null && third.status !== 'registered') return refuseMissing('location', locationId, third)
    return (
      refuseClaimed(mac, second as MacState) ??
      accept({ type: 'device.registered', data: command.data }, { type: 'mac.claimed', data: { mac, deviceId } })
    )
  }
  if (command.type === 'device.decommission' && state.status === 'decommissioned') return accept()
  if (state.status !== 'registered') return refuseMissing('device', deviceId, state)
  switch (command.type) {
    case 'device.change': {
      const { deviceId: _, ...wishes } = command.data
      const changes = changedFields(state, wishes)
      return Object.keys(changes).length === 0
        ? accept()
        : accept({ type: 'device.changed', data: { deviceId, ...changes } })
    }
    case 'device.replace-mac':
      return replaceMac(command.data, state, third as MacState)
    case 'device.assign':
    case 'device.move':
      return place(command, state, second as LocationState)
    case 'device.unassign':
      return state.locationId === null
        ? accept()
        : accept({ type: 'device.unassigned', data: { deviceId, previousLocationId: state.locationId } })
    case 'device.decommission': {
      const { mac, locationId: previousLocationId } = state
      return accept(
        { type: 'device.decommissioned', data: { deviceId, mac, previousLocationId } },
        { type: 'mac.released', data: { mac, deviceId } },
      )
    }
  }
}

function replaceMac(
  data: Extract<DeviceCommand, { type: 'device.replace-mac' }>['data'],
  state: RegisteredDevice,
  claim: MacState,
): Decision<DeviceEvent> {
  const { deviceId, mac, previousMac } = data
  if (state.mac === mac) return accept()
  if (state.mac !== previousMac)
    return refuse('other_mac', `the device "${deviceId}" goes by ${state.mac}`, 'previousMac')
  return (
    refuseClaimed(mac, claim) ??
    accept(
      { type: 'device.mac-replaced', data },
      { type: 'mac.released', data: { mac: previousMac, deviceId } },
      { type: 'mac.claimed', data: { mac, deviceId } },
    )
  )
}

function place(
  { type, data }: Extract<DeviceCommand, { type: 'device.assign' | 'device.move' }>,
  { locationId: at }: RegisteredDevice,
  location: LocationState,
): Decision<DeviceEvent> {
  const { deviceId, locationId } = data
  if (at === locationId) return accept()
  if (location.status !== 'registered') return refuseMissing('location', locationId, location)
  if (type === 'device.assign')
    return at === null
      ? accept({ type: 'device.assigned', data })
      : refuse('device_assigned', `the device "${deviceId}" stands at "${at}"; move it`, 'deviceId')
  return at === null
    ? refuse('device_not_assigned', `the device "${deviceId}" stands nowhere; assign it`, 'deviceId')
    : accept({ type: 'device.moved', data: { deviceId, locationId, previousLocationId: at } })
}

function refuseClaimed(mac: string, claim: MacState): ReturnType<typeof refuse> | undefined {
  return claim.status === 'claimed'
    ? refuse('mac_taken', `${mac} is the address of the device "${claim.deviceId}"`, 'mac')
    : undefined
}

function evolve(state: DeviceState, event: Exclude<DeviceEvent, { type: `mac.${string}` }>): DeviceState {
  if (event.type === 'device.registered') {
    const { deviceId: _, ...details } = event.data
    return { status: 'registered', ...details }
  }
  if (state.status !== 'registered') return state
  switch (event.type) {
    case 'device.changed': {
      const { deviceId: _, ...changes } = event.data
      return { ...state, ...changes }
    }
    case 'device.mac-replaced':
      return { ...state, mac: event.data.mac }
    case 'device.assigned':
    case 'device.moved':
      return { ...state, locationId: event.data.locationId }
    case 'device.unassigned':
      return { ...state, locationId: null }
    case 'device.decommissioned':
      return { status: 'decommissioned', mac: event.data.mac }
  }
}
