import { z } from 'zod'
import { aliasName } from '../alias.ts'
import type { aliasCommandData } from '../commands/alias.ts'
import { aliasOperationData, MAX_OPERATIONS } from '../commands/alias.ts'
import { grouped } from '../grouped.ts'
import { commandId } from '../ids.ts'
import { scope } from '../scope.ts'

const sender = { commandId: commandId.optional(), dryRun: z.boolean().optional() }
const several = <Item extends z.ZodType>(item: Item) =>
  z
    .array(item)
    .min(1, 'name at least one alias')
    .max(MAX_OPERATIONS, `at most ${grouped(MAX_OPERATIONS)} at once`)

/** `POST /api/aliases/bulk/create`: what `alias.register` takes, several times; all are registered, or none. */
export const bulkCreateBody = z.strictObject({ aliases: several(aliasOperationData['alias.register']), ...sender })

/** `POST /api/aliases/bulk/delete`: all are removed, or none. */
export const bulkDeleteBody = z.strictObject({
  aliases: several(z.strictObject({ scope, name: aliasName })),
  ...sender,
})

export type BulkOperations = z.input<(typeof aliasCommandData)['alias.apply-change-set']>['operations']
