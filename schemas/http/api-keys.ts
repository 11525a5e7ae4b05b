import { z } from 'zod'
import { apiKeyId } from '../access.ts'
import { accessCommandData } from '../commands/access.ts'
import { commandId } from '../ids.ts'
import { positionText } from '../position.ts'

/** `POST /api/access/api-keys`. A key whose answer was lost cannot be shown again: revoke it and issue another. */
export const issueBody = accessCommandData['access.issue-api-key']
  .omit({ digest: true, apiKeyId: true })
  .extend({ apiKeyId: apiKeyId.optional().describe('Left out: a new one') })

/** The one time that the key is shown. */
export const issuedApiKey = z
  .object({
    apiKeyId,
    apiKey: z.string().describe('phk_<id>_<secret>; shown only now'),
    position: positionText,
    commandId,
  })
  .meta({ id: 'IssuedApiKey' })
