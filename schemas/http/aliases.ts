import { z } from 'zod'
import { aliasName, target } from '../alias.ts'
import { type AliasCommandType, aliasCommandData } from '../commands/alias.ts'
import { channelId, commandId } from '../ids.ts'
import { aliasView } from '../queries/alias.ts'
import { scopeText } from './scope-text.ts'

/** What a name stands for: `canonical_name` is the channel's id or the endpoint's URL. */
export const resolution = z
  .object({
    canonical_name: z.string(),
    ...aliasView.pick({ target: true, scope: true, name: true, aliasId: true, expiresAt: true }).shape,
  })
  .meta({ id: 'Resolution' })

/** Filters of the list of aliases. */
export const listQuery = z.object({
  scope: scopeText.optional().describe('global, site:<site>, node:<site>/<node> or context:<context>'),
  prefix: aliasName.optional().describe('How the name begins'),
  target: z
    .string()
    .transform((text) =>
      channelId.safeParse(text).success
        ? { kind: 'channel' as const, channelId: text }
        : { kind: 'endpoint' as const, url: text },
    )
    .pipe(target)
    .optional()
    .describe('A channel id or a URL'),
  cursor: z.string().optional(),
  limit: z.coerce.number('must be a whole number from 1 to 1000').int().min(1).max(1000).default(100),
})

/** Optional in every REST write: sending it again with the same id asks for the same outcome again. */
const sender = { commandId: commandId.optional(), dryRun: z.boolean().optional() }

/** `POST /api/aliases`: what `alias.register` takes. */
export const registerBody = aliasCommandData['alias.register'].extend(sender)
export const removeQuery = z.object({ commandId: commandId.optional(), dryRun: z.enum(['true', 'false']).optional() })

const slot = { scope: true, name: true } as const

/** `PUT /api/aliases/{context}/{alias}`: one change, as every change is one command. */
export const changeBody = z
  .strictObject({
    ...sender,
    ...aliasCommandData['alias.retarget'].omit(slot).partial().shape,
    ...aliasCommandData['alias.rename'].omit(slot).partial().shape,
    ...aliasCommandData['alias.describe'].omit(slot).shape,
    ...aliasCommandData['alias.set-expiry'].omit(slot).partial().shape,
    ...aliasCommandData['alias.transfer-ownership'].omit(slot).partial().shape,
    enabled: z.boolean().optional(),
  })
  .describe('Exactly one of: target, newName, description and metadata, expiresAt, owner, enabled')

/** The one change that a body asks for, as a command type and what goes beside the slot; `undefined` if it is none or several. */
export function changeOf(
  body: z.infer<typeof changeBody>,
): { readonly type: AliasCommandType; readonly data: object } | undefined {
  const { target, newName, description, metadata, expiresAt, owner, enabled } = body
  const changes: { type: AliasCommandType; data: object }[] = []
  if (target !== undefined) changes.push({ type: 'alias.retarget', data: { target } })
  if (newName !== undefined) changes.push({ type: 'alias.rename', data: { newName } })
  if (description !== undefined || metadata !== undefined)
    changes.push({ type: 'alias.describe', data: { description, metadata } })
  if (expiresAt !== undefined) changes.push({ type: 'alias.set-expiry', data: { expiresAt } })
  if (owner !== undefined) changes.push({ type: 'alias.transfer-ownership', data: { owner } })
  if (enabled !== undefined) changes.push({ type: enabled ? 'alias.enable' : 'alias.disable', data: {} })
  return changes.length === 1 ? changes[0] : undefined
}
