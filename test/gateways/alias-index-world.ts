import { testNats } from '../support/infrastructure.ts'
import { AliasIndexPublisher } from './alias-index-publisher.ts'

/** A NATS of the test's own, with publishers of a site and of the global scope. */
export async function aliasIndexWorld(t: { readonly title: string }) {
  const nats = await testNats(t)
  const connection = await nats.connect()
  const site = await AliasIndexPublisher.open(connection, { kind: 'site', site: 'KSEA' })
  const global = await AliasIndexPublisher.open(connection, { kind: 'global' })
  return { nats, connection, site, global }
}
