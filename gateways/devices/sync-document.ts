import type { Manifest } from '../../schemas/device-sync/manifest.ts'
import type { PayloadSource } from './device-ports.ts'
import { payloadLines } from './payload-lines.ts'

/** A manifest with all that it names, on its way to a device that asked over HTTP. */
export interface SyncDocument {
  readonly manifest: Manifest
  readonly expiresAt: string
  readonly freshness: string
  readonly signingKeys: string
}

/**
 * One JSON document (`deviceSyncAnswer`), in pieces: the tables' rows go through as they are stored, without being read.
 * @throws PayloadBroken in the middle when an object is not what it should be.
 */
export async function* jsonDocument(document: SyncDocument, payloads: PayloadSource): AsyncGenerator<string, void> {
  const { manifest, expiresAt, ...signed } = document
  const head = JSON.stringify({ status: 'manifest', manifest: { ...manifest, expiresAt }, ...signed })
  yield `${head.slice(0, -1)},"payload":{`
  for (const [i, { name, chunks }] of manifest.tables.entries()) {
    yield `${i === 0 ? '' : ','}${JSON.stringify(name)}:[`
    let isFirst = true
    for await (const lines of payloadLines(payloads, chunks)) {
      // A line is a row in JSON already, and holds no line feed but its last.
      yield `${isFirst ? '' : ','}${lines.toString().trimEnd().replaceAll('\n', ',')}`
      isFirst = false
    }
    yield ']'
  }
  yield '}}\n'
}

/**
 * NDJSON: first a line of all but the rows, then for each table a line with its name and number of rows, and the rows.
 * @throws PayloadBroken in the middle when an object is not what it should be.
 */
export async function* ndjsonDocument(
  document: SyncDocument,
  payloads: PayloadSource,
): AsyncGenerator<string | Buffer, void> {
  const { manifest, expiresAt, ...signed } = document
  yield `${JSON.stringify({ status: 'manifest', manifest: { ...manifest, expiresAt }, ...signed })}\n`
  for (const { name, rowCount, chunks } of manifest.tables) {
    yield `${JSON.stringify({ table: name, rowCount })}\n`
    yield* payloadLines(payloads, chunks)
  }
}
