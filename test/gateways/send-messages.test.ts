import { setTimeout as sleep } from 'node:timers/promises'
import fastify from 'fastify'
import test from 'ava'
import { sendMessages } from '../../gateways/http/send-messages.ts'
import type { JobMessage } from '../../schemas/http/alias-import.ts'

test('a job that tells nothing for a while is heard to be alive, and its messages stay whole', async (t) => {
  const app = fastify()
  t.teardown(() => app.close())
  const told: JobMessage[] = [1, 2, 3].map((line) => ({ type: 'problem', line, code: 'invalid_line', message: 'no' }))
  let done = 0
  app.get('/', (_, reply) => {
    async function* messages() {
      for (const message of told) {
        yield message
        await sleep(100)
      }
    }
    const options = {
      endsWithAsker: true,
      onError: (error: unknown) => t.fail(String(error)),
      done: async () => void done++,
      beatMs: 10,
    }
    return sendMessages(reply, messages(), options)
  })
  const response = await fetch(await app.listen({ host: '127.0.0.1', port: 0 }))
  const lines = (await response.text()).split('\n')
  t.deepEqual(
    lines.filter((line) => line !== '').map((line) => JSON.parse(line) as unknown),
    told,
  )
  t.true(lines.filter((line) => line === '').length > 3)
  t.is(done, 1)
})
