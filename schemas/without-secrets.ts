/** Passwords in URLs, bearer tokens, JWTs, API keys, seeds of NATS keys. */
const SECRETS =
  /(?<=:\/\/[^\s:@/"]*:)[^\s@/"]+(?=@)|(?<=bearer +)[^\s"]+|\beyJ[\w-]+\.[\w-]+\.[\w-]*|\bphk_[\w-]+|\bS[A-Z][A-Z2-7]{56}\b/gi

/** What stands where something was that must not be seen. */
export const CENSOR = '[redacted]'

/** The text without any credential that can be told by its form: an error's message may hold one. */
export function withoutSecrets(text: string): string {
  return text.replace(SECRETS, CENSOR)
}
