import type { z } from 'zod'
import { accessCommandData } from './access.ts'
import { aliasCommandData } from './alias.ts'
import { auditCommandData } from './audit.ts'
import { deviceCredentialCommandData } from './device-credential.ts'
import { fleetCommandData } from './fleet.ts'
import { channelCommandData } from './channel.ts'
import { signingKeyCommandData } from './signing-key.ts'

/** The shape of every command's data, by command type. */
export const commandData = {
  ...aliasCommandData,
  ...accessCommandData,
  ...auditCommandData,
  ...deviceCredentialCommandData,
  ...fleetCommandData,
  ...channelCommandData,
  ...signingKeyCommandData,
} as const

export type CommandType = keyof typeof commandData
/** A command's data as a sender writes it: what has a default may be left out. */
export type CommandInput<T extends CommandType> = z.input<(typeof commandData)[T]>
