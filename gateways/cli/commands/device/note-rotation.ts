import type { ManifestKeyring } from '../../../../infra/manifest-keys/manifest-keyring.ts'
import { Failure } from '../../failure.ts'
import { openClient } from '../../platform/open-client.ts'

/** Tells the log, and so the audit, who let these keys sign. Told before, it changes nothing. @throws Failure when it is not taken. */
export async function noteRotation({ version, keys }: ManifestKeyring): Promise<void> {
  const believed = keys.map(({ kid }) => kid)
  const client = await openClient()
  try {
    const result = await client.send('signing-key.note-rotation', { version, signs: believed[0] ?? '', believed })
    if (result.status !== 'accepted' && result.status !== 'duplicate')
      throw new Failure(`${result.status}: ${result.message}`)
  } finally {
    await client.close()
  }
}
