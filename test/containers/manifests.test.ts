import { readdir, readFile } from 'node:fs/promises'
import test from 'ava'
import { parse, parseAllDocuments } from 'yaml'
import { z } from 'zod'
import { PROCESS_ROLES, environment } from '../../schemas/config.ts'

const ROOT = new URL('../../', import.meta.url)
/** What the runtime of nats-server reads. */
const forGo: readonly string[] = ['GOGC', 'GOMEMLIMIT']
const read = (path: string): Promise<string> => readFile(new URL(path, ROOT), 'utf8')

const service = z.looseObject({
  image: z.string(),
  build: z.looseObject({ dockerfile: z.string() }).optional(),
  pull_policy: z.string().optional(),
  read_only: z.literal(true),
  cap_drop: z.tuple([z.literal('ALL')]),
  security_opt: z.tuple([z.literal('no-new-privileges:true')]),
  pids_limit: z.number(),
  mem_limit: z.string(),
  cpus: z.number(),
  restart: z.literal('unless-stopped'),
  environment: z.record(z.string(), z.string()).optional(),
  secrets: z.array(z.string()).min(1),
  ports: z.array(z.string()).optional(),
  healthcheck: z.object({ test: z.array(z.string()) }).optional(),
})
const compose = z.looseObject({
  services: z.record(z.string(), service),
  secrets: z.record(z.string(), z.strictObject({ file: z.string() })),
})
const SECRET = /PASSWORD|SECRET|TOKEN|KEY|DATABASE_URL|NATS_URL/

test('compose: every service is confined and bounded, watched, and known only to this machine', async (t) => {
  const { services } = compose.parse(parse(await read('docker-compose.yml'), { merge: true }))
  const roles = Object.values(services).flatMap(({ environment: set }) => set?.['PHAROS_ROLES'] ?? [])
  t.deepEqual(roles.toSorted(), [...PROCESS_ROLES].toSorted())
  for (const [name, { healthcheck, image, ports = [] }] of Object.entries(services)) {
    t.true(
      healthcheck !== undefined || image.startsWith('pharos:'),
      `${name}: the image of Pharos brings its own check`,
    )
    t.regex(image, /:[\w.${}:-]+$/, `${name} has a version`)
    for (const port of ports) t.regex(port, /^\$\{\w+:-127\.0\.0\.1:\d+\}:\d+$/, name)
  }
})

test('compose: no secret has a value or a default, and what is set is a setting that exists', async (t) => {
  const { services, secrets } = compose.parse(parse(await read('docker-compose.yml'), { merge: true }))
  for (const { file } of Object.values(secrets)) t.regex(file, /^\$\{PHAROS_SECRETS_DIR:-\.\/secrets\}\/\w+$/)
  for (const [name, { environment: set = {}, secrets: wanted }] of Object.entries(services)) {
    for (const secret of wanted) t.truthy(secrets[secret], `${name}: ${secret}`)
    for (const [variable, value] of Object.entries(set)) {
      if (variable === 'PHAROS_KEYS_DIR') t.is(value, '/run/secrets', name)
      else if (SECRET.test(variable) && !variable.startsWith('TOKEN_') && variable !== 'DEVICE_NATS_URL')
        t.regex(value, /^\/run\/secrets\/\w+$/, `${name}: ${variable}`)
      if (set['PHAROS_ROLES'] !== undefined && !variable.startsWith('OTEL_'))
        t.true(variable.replace(/_FILE$/, '') in environment.shape, `${name}: ${variable}`)
    }
  }
})

test('compose: every image is built by one service; the others that run it take what is there, and fetch none', async (t) => {
  const { services } = compose.parse(parse(await read('docker-compose.yml'), { merge: true }))
  const ours = Object.entries(services).filter(([, { image }]) => image.startsWith('pharos'))
  const builders = ours.filter(([, { build }]) => build !== undefined).map(([, { image }]) => image)
  t.deepEqual(builders.toSorted(), [...new Set(ours.map(([, { image }]) => image))].toSorted())
  for (const [name, { build, pull_policy: policy }] of ours) if (build === undefined) t.is(policy, 'never', name)
})

const withTls = z.looseObject({
  services: z.record(
    z.string(),
    z.looseObject({
      command: z.array(z.string()).optional(),
      environment: z.record(z.string(), z.string()).optional(),
      secrets: z.array(z.string()),
    }),
  ),
  secrets: z.record(z.string(), z.strictObject({ file: z.string() })),
})

test('compose with TLS: NATS takes no other connection, and every role is told by whom it is signed', async (t) => {
  const plain = compose.parse(parse(await read('docker-compose.yml'), { merge: true })).services
  const { services, secrets } = withTls.parse(parse(await read('infra/docker/tls.yml'), { merge: true }))
  const roles = Object.keys(plain).filter((name) => plain[name]?.environment?.['PHAROS_ROLES'] !== undefined)
  t.deepEqual(Object.keys(services).toSorted(), [...roles, 'nats'].toSorted())
  for (const role of roles) {
    const { NATS_URL: url, NATS_URL_FILE: file, NATS_CA: ca } = services[role]?.environment ?? {}
    t.regex(url ?? '', /^tls:\/\/\$\{PHAROS_NATS_NAME:\?.+\}:4222$/)
    t.deepEqual([file, ca], ['', '/run/secrets/nats_ca'], 'not both')
  }
  for (const { secrets: wanted } of Object.values(services))
    for (const secret of wanted) t.is(secrets[secret]?.file, `\${PHAROS_SECRETS_DIR:-./secrets}/${secret}`)
  t.deepEqual(services['nats']?.command, ['--config', '/etc/nats/nats-tls.conf'])
  const config = await read('infra/docker/nats-tls.conf')
  t.regex(await read('infra/docker/nats.Dockerfile'), /^COPY .*infra\/docker\/nats-tls\.conf \/etc\/nats\/$/m)
  for (const file of ['nats_cert', 'nats_key']) t.true(config.includes(`"/run/secrets/${file}"`), file)
})

test('every NATS gives who connects more than the 2 s that it would: a fleet connects at one moment', async (t) => {
  const files = ['infra/docker/nats.conf', 'infra/k8s/nats.yaml', 'infra/embedded/nats-server-config.ts']
  for (const file of files) t.regex(await read(file), /authorization \{ timeout: 1\d \}/, file)
})

test('what images are built from holds no secret, and none of the tests and documents', async (t) => {
  const lines = (await read('.dockerignore')).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  t.is(lines[0], '*')
  // Later lines win.
  t.true(lines.indexOf('**/secrets') > lines.findLastIndex((line) => line.startsWith('!')))
  const taken = lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1))
  for (const kept of ['test', 'docs', 'bench', 'node_modules', '.env', 'secrets']) t.false(taken.includes(kept), kept)
})

test('compose and Kubernetes run the images that the tests run in containers', async (t) => {
  const tested = await read('test/support/test-containers.ts')
  const [nats = '', postgres = ''] = [...tested.matchAll(/_IMAGE = '(.+)'/g)].map(([, image = '']) => image)
  t.true((await read('infra/docker/nats.Dockerfile')).includes(`FROM ${nats}-alpine\n`))
  t.true((await read('infra/k8s/nats.yaml')).includes(`image: ${nats}-alpine\n`))
  t.true((await read('docker-compose.yml')).includes(`image: ${postgres}\n`))
})

test('the image: Node 24, not root, production dependencies, a check, and signals that arrive', async (t) => {
  const dockerfile = await read('infra/docker/Dockerfile')
  const [, final = ''] = dockerfile.split(/\nFROM base\n/)
  t.regex(dockerfile, /^FROM node:24-slim AS base$/m)
  t.regex(dockerfile, /npm ci --omit=dev --omit=optional/)
  t.regex(dockerfile, /-name '\*\.d\.ts' .*-delete/)
  t.regex(final, /^USER [1-9]\d+:[1-9]\d+$/m)
  t.regex(final, /^HEALTHCHECK /m)
  t.regex(final, /^ENTRYPOINT \["node", /m, 'no shell in between')
  t.notRegex(final, /^COPY \. /m)
})

const podSecurity = { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } }
const containerSecurity = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
}

test('Kubernetes: every manifest is valid, and every container confined, bounded and probed', async (t) => {
  const folder = new URL('infra/k8s/', ROOT)
  const kinds: string[] = []
  const roles: string[] = []
  for (const file of await readdir(folder))
    for (const document of parseAllDocuments(await readFile(new URL(file, folder), 'utf8'))) {
      const manifest: unknown = document.toJS()
      const { apiVersion, kind } = z.looseObject({ apiVersion: z.string(), kind: z.string() }).parse(manifest)
      kinds.push(kind)
      const models: Record<string, new (from: unknown) => { validate(): void }> = await import(
        `kubernetes-models/${apiVersion}/${kind}`
      )
      const Model = models[kind]
      if (Model === undefined) return t.fail(`${file}: no ${kind}`)
      t.notThrows(() => new Model(manifest).validate(), `${file}: ${kind}`)
      const workload = workloadOf.safeParse(manifest)
      if (!workload.success) continue
      const { spec } = workload.data.spec.template
      t.like(spec.securityContext, podSecurity)
      for (const container of spec.containers) {
        t.like(container, { securityContext: containerSecurity })
        t.truthy(container.resources?.limits?.['memory'])
        t.truthy(container.livenessProbe)
        t.truthy(container.startupProbe)
        for (const { name, value } of container.env ?? []) {
          if (name === 'PHAROS_ROLES') roles.push(value ?? '')
          else if (value !== undefined)
            t.true(forGo.includes(name) || name.replace(/_FILE$/, '') in environment.shape, name)
        }
      }
    }
  t.true(['StatefulSet', 'Deployment', 'Service', 'PodDisruptionBudget'].every((kind) => kinds.includes(kind)))
  t.false(kinds.includes('Secret'))
  t.deepEqual(roles.toSorted(), [...PROCESS_ROLES].toSorted())
})

const workloadOf = z.looseObject({
  kind: z.enum(['Deployment', 'StatefulSet']),
  spec: z.looseObject({
    template: z.looseObject({
      spec: z.looseObject({
        securityContext: z.looseObject({}),
        containers: z.array(
          z.looseObject({
            env: z.array(z.looseObject({ name: z.string(), value: z.string().optional() })).optional(),
            resources: z.object({ limits: z.record(z.string(), z.string()).optional() }).optional(),
            livenessProbe: z.looseObject({}).optional(),
            startupProbe: z.looseObject({}).optional(),
          }),
        ),
      }),
    }),
  }),
})
