import test from 'ava'
import { ulid } from 'ulid'
import { type HttpAnswer, askHttp, postCommand } from '../crash/post-command.ts'
import { eventually } from '../support/eventually.ts'
import { scratchCommand } from './pharos-command.ts'

/** What the README tells users to send, and what they get when they send it wrongly: over a real socket, to a real `up`. */
test('the calls of the README work as it says, and wrong ones are told what is wrong', async (t) => {
  t.timeout(300_000)
  const pharos = await scratchCommand(t)
  const { api, pid, ended } = await pharos.up(['--sites', '20'])
  const token = (await pharos.run(['token', '--role', 'admin'])).stdout.trim()
  const get = (path: string, init: RequestInit = {}): Promise<HttpAnswer> => askHttp(`${api}${path}`, token, init)
  const isProblem = (answer: HttpAnswer, status: number, code: string, field?: string): void => {
    t.like(answer, { status, contentType: 'application/problem+json', body: { status, code } })
    if (field === undefined) return
    const { violations } = answer.body as { violations?: readonly { field: string }[] }
    t.true(
      violations?.some((violation) => violation.field === field),
      JSON.stringify(answer.body),
    )
  }

  // Tables follow the log: on a busy machine the sample is stored before they show it.
  const resolved = await eventually(
    async () => {
      const answer = await get('/api/aliases/resolve/global/main_power_feed?site=SEA&node=tower')
      return [404, 503].includes(answer.status) ? undefined : answer
    },
    { timeoutMs: 60_000 },
  )
  t.like(resolved, { status: 200, body: { scope: { kind: 'site', site: 'SEA' }, name: 'Main_Power_Feed' } })
  t.is(typeof resolved.body['canonical_name'], 'string')

  const commandId = ulid()
  const target = { kind: 'channel', channelId: '3f0c2d7e-6d1b-4f0e-9a53-0d6f7a1b2c3d' }
  const generator = { scope: { kind: 'site', site: 'SEA' }, name: 'Backup_Generator' }
  const send = (type: string, data: object, id?: string): Promise<HttpAnswer> => postCommand(api, token, type, data, id)
  const accepted = await send('alias.register', { ...generator, target }, commandId)
  t.like(accepted, { status: 200, body: { status: 'accepted', commandId } })
  const duplicate = await send('alias.register', { ...generator, target }, commandId)
  t.deepEqual(duplicate.body, { ...accepted.body, status: 'duplicate' })
  const minPosition = { headers: { 'Pharos-Min-Position': String(accepted.body['position']) } }
  const read = await get('/api/aliases/resolve/global/BACKUP_generator?site=SEA', minPosition)
  t.like(read, { status: 200, body: { canonical_name: target.channelId } })

  const stranger = await fetch(`${api}/api/aliases`)
  t.is(stranger.status, 401)
  t.regex(stranger.headers.get('content-type') ?? '', /^application\/problem\+json/)
  isProblem(await askHttp(`${api}/api/aliases`, `${token}x`), 401, 'unauthorized')
  isProblem(await get('/api/aliases/resolve/global/no_such_name?site=SEA'), 404, 'alias_not_found')
  isProblem(await send('alias.remove', { ...generator, name: 'no_such_name' }), 404, 'alias_not_found')
  isProblem(await send('alias.explode', generator), 404, 'unknown_command')
  const other = { kind: 'endpoint', url: 'https://example.com/other' }
  isProblem(await send('alias.register', { ...generator, target: other }), 409, 'name_taken')
  isProblem(await send('alias.register', { ...generator, target: other }, commandId), 422, 'command_id_reused')
  isProblem(await send('alias.register', { ...generator, name: 7, target }), 422, 'invalid_data', 'data.name')
  isProblem(await send('alias.register', { ...generator, target }, 'no-ulid'), 422, 'invalid_command', 'commandId')
  const ifMatch = { method: 'DELETE', headers: { 'If-Match': '"1"' } }
  const stale = await get('/api/aliases/global/Backup_Generator?site=SEA', ifMatch)
  isProblem(stale, 412, 'conflict')
  t.like(stale.body, { expected: 1, actual: accepted.body['revision'] })

  const commands = `${api}/api/commands/alias.register`
  isProblem(await askHttp(commands, token, { method: 'POST', body: '{"commandId":' }), 400, 'invalid_json', 'body')
  const large = JSON.stringify({ commandId: ulid(), data: { ...generator, description: 'x'.repeat(300_000) } })
  isProblem(await askHttp(commands, token, { method: 'POST', body: large }), 413, 'body_too_large', 'body')

  const history = await pharos.run(['alias', 'history', 'Backup_Generator', '--scope', 'site:SEA', '--json'])
  t.is(history.code, 0, history.stderr)
  const renamed = await pharos.run(['alias', 'rename', 'Backup_Generator', 'Generator_2', '--scope', 'site:SEA'])
  t.is(renamed.code, 0, renamed.stderr)
  const rebuilt = await pharos.run(['rebuild', 'aliases', '--json'])
  t.is(rebuilt.code, 0, rebuilt.stderr)
  t.like(JSON.parse(rebuilt.stdout), { status: 'swapped' })

  process.kill(pid, 'SIGTERM')
  t.deepEqual(await ended, { code: 0, signal: null })
})
