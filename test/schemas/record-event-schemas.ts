import { writeFile } from 'node:fs/promises'
import { currentType } from '../../schemas/events/current-version.ts'
import { eventSchemas, schemaText } from './event-schemas.ts'

/** `node test/schemas/record-event-schemas.ts` notes the schemas of new events and new versions. What is noted is never changed. */
for (const [name, schema] of Object.entries(eventSchemas)) {
  const file = new URL(`fixtures/event-schemas/${currentType(name).replace('pharos.', '')}.json`, import.meta.url)
  try {
    await writeFile(file, schemaText(schema), { flag: 'wx' })
    console.log(`recorded ${currentType(name)}`)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
}
