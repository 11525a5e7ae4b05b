import { type ApiKeyId, apiKeyId } from '../../schemas/access.ts'

/** What a request proves itself with, taken apart but not verified. */
export type Credential =
  | { readonly kind: 'token'; readonly text: string }
  | { readonly kind: 'api-key'; readonly text: string; readonly apiKeyId: ApiKeyId; readonly secret: string }
  | { readonly kind: 'none' }
  | { readonly kind: 'malformed'; readonly message: string }

/** Longest credential that is looked at, in characters. */
const MAX_LENGTH = 8192
const BEARER = /^Bearer +(\S+)$/i
const API_KEY = /^phk_([A-Za-z0-9-]{1,64})_([A-Za-z0-9_-]{43})$/

/** `Authorization: Bearer <token or phk_…>` or `X-Api-Key: phk_…`; both at once is refused, as nobody could say who acts. */
export function readCredential(authorization: string | undefined, apiKey: string | undefined): Credential {
  if (authorization !== undefined && apiKey !== undefined)
    return { kind: 'malformed', message: 'send either an Authorization header or an API key header, not both' }
  const text = apiKey ?? authorization
  if (text === undefined) return { kind: 'none' }
  if (text.length > MAX_LENGTH) return { kind: 'malformed', message: 'the credential is too long' }
  if (apiKey !== undefined) return readApiKey(apiKey)
  const bearer = BEARER.exec(text)?.[1]
  if (bearer === undefined) return { kind: 'malformed', message: 'the Authorization header must be "Bearer <token>"' }
  return bearer.startsWith('phk_') ? readApiKey(bearer) : { kind: 'token', text: bearer }
}

function readApiKey(text: string): Credential {
  const [, id, secret] = API_KEY.exec(text) ?? []
  if (id === undefined || secret === undefined) return { kind: 'malformed', message: 'the API key is not well formed' }
  return { kind: 'api-key', text, apiKeyId: apiKeyId.parse(id), secret }
}
