import { HostileUuid } from './stream-store.ts'

export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** The UUID in lower case. It becomes the name of a table, so nothing else gets through. @throws HostileUuid */
export function streamUuid(text: string): string {
  const uuid = text.toLowerCase()
  if (!UUID.test(uuid)) throw new HostileUuid(`not the UUID of a stream: ${JSON.stringify(text.slice(0, 80))}`)
  return uuid
}

/** As an identifier in SQL. @throws HostileUuid */
export function tableOf(uuid: string): string {
  return `"${streamUuid(uuid)}"`
}
