import { connect } from 'node:net'
import test from 'ava'
import { eventually } from '../support/eventually.ts'
import { serve } from './http-server.ts'

test('a process that is not ready says what is missing', async (t) => {
  const { app } = await serve(t, { ready: false })
  const answer = await app.inject('/readyz')
  t.is(answer.statusCode, 503)
  t.deepEqual(answer.json(), { ready: false, checks: { log: 'away' }, degraded: [] })
})

test('a bug is 500 and says nothing; the log says it without the credential', async (t) => {
  const { admin, lines } = await serve(t, {
    queries: { position: () => Promise.reject(new TypeError('x of phk_abc_secret is not a function')) },
  })
  const answer = await admin('GET', '/api/aliases/frontend/x')
  t.like(answer.json(), { status: 500, code: 'internal' })
  t.notRegex(answer.body, /function/)
  t.regex(lines.join(''), /is not a function/)
  t.notRegex(lines.join(''), /phk_abc|eyJ/)
})

test('OpenAPI 3.1 names every command with its data, and the ways to authenticate', async (t) => {
  const { app, bus } = await serve(t, { openDocs: true })
  const document = (await app.inject('/docs/json')).json()
  t.regex(document.openapi, /^3\.1/)
  t.deepEqual(Object.keys(document.components.securitySchemes), ['bearer', 'apiKey'])
  for (const type of bus.types) {
    const { schema } = document.paths[`/api/commands/${type}`].post.requestBody.content['application/json']
    t.truthy(schema.properties.data.properties, type)
  }
  t.truthy(document.components.schemas.Problem)
  t.truthy(document.paths['/api/aliases/resolve/{context}/{alias}'].get.responses['200'])
  const page = await app.inject('/docs/')
  t.is(page.statusCode, 200)
  t.regex(String(page.headers['content-security-policy']), /default-src/)
})

test('a request that does not arrive is cut off; a file may take its time', async (t) => {
  const { app, token } = await serve(t, { arrivalMs: 300 })
  const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }))
  const authorization = `Bearer ${await token(['admin'])}`
  const begin = async (path: string, type: string) => {
    const socket = connect(Number(port), '127.0.0.1')
    t.teardown(() => socket.destroy())
    let [answer, isClosed] = ['', false]
    socket.on('data', (chunk) => (answer += chunk.toString())).on('close', () => (isClosed = true))
    const head = [`POST ${path} HTTP/1.1`, 'host: x', `authorization: ${authorization}`, `content-type: ${type}`]
    socket.write([...head, 'content-length: 20', '', '{"a":'].join('\r\n'))
    return { socket, answer: () => answer, isClosed: () => isClosed }
  }
  const file = await begin('/api/aliases/import', 'application/x-ndjson')
  const slow = await begin('/api/aliases', 'application/json')
  await eventually(slow.isClosed)
  t.false(file.isClosed())
  file.socket.write('1}\n'.padEnd(15, ' '))
  await eventually(() => file.answer().includes('"status":"refused"'))
})
