import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import test, { type ExecutionContext } from 'ava'

/** What the checker tells when it is asked for JSON, as far as it matters here. */
interface Cruised {
  readonly summary: {
    readonly totalDependenciesCruised: number
    readonly violations: readonly {
      readonly from: string
      readonly to: string
      readonly rule: { readonly name: string }
    }[]
  }
}

const BIN = resolve('node_modules/.bin/depcruise')
const CONFIG = resolve('.dependency-cruiser.cjs')
const LEAF = 'export type Leaf = string\nexport const leaf = 1\n'

// Every way in which a TypeScript file names another; without a compiler of TypeScript the checker says that it might see none.
for (const [what, text] of [
  ['import', `import { leaf } from '../infra/leaf.ts'\nexport const x = leaf\n`],
  ['import type', `import type { Leaf } from '../infra/leaf.ts'\nexport type X = Leaf\n`],
  ['inline type', `import { type Leaf } from '../infra/leaf.ts'\nexport type X = Leaf\n`],
  ['export', `export { leaf } from '../infra/leaf.ts'\n`],
  ['export all', `export * from '../infra/leaf.ts'\n`],
  ['export type', `export type { Leaf } from '../infra/leaf.ts'\n`],
  ['import()', `export const load = async () => (await import('../infra/leaf.ts')).leaf satisfies number\n`],
  [
    'import() behind using',
    `export function f() {\n  using a = null\n  return [a, () => import('../infra/leaf.ts')]\n}\n`,
  ],
] as const)
  test(`a dependency against the direction is seen: ${what}`, async (t) => {
    t.deepEqual(await violations(t, { 'infra/leaf.ts': LEAF, 'domain/planted.ts': text }), [
      'domain-imports-only-domain-schemas: domain/planted.ts -> infra/leaf.ts',
    ])
  })

test('a cycle is seen, also one of types only', async (t) => {
  const found = await violations(t, {
    'domain/one.ts': `import type { Two } from './two.ts'\nexport type One = Two | 1\n`,
    'domain/two.ts': `import type { One } from './one.ts'\nexport type Two = One | 2\n`,
  })
  t.deepEqual(found, ['no-circular: domain/one.ts -> domain/two.ts'])
})

test('Node is seen in the domain, and what goes the right way is no fault', async (t) => {
  const found = await violations(t, {
    'schemas/leaf.ts': LEAF,
    'domain/pure.ts': `import { leaf } from '../schemas/leaf.ts'\nexport const pure = leaf\n`,
    'domain/clock.ts': `import { hrtime } from 'node:process'\nexport const now = hrtime\n`,
  })
  t.deepEqual(found, ['domain-is-pure: domain/clock.ts -> process'])
})

/** What our rules say of these files, each as "rule: from -> to". */
async function violations(t: ExecutionContext, files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  t.timeout(300_000)
  const dir = await mkdtemp(join(tmpdir(), 'pharos-rules-'))
  t.teardown(() => rm(dir, { recursive: true, force: true }))
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(dir, path)), { recursive: true })
    await writeFile(join(dir, path), text)
  }
  const { promise, resolve: told, reject } = Promise.withResolvers<string>()
  // It ends with the number of faults.
  execFile(process.execPath, [BIN, '--config', CONFIG, '-T', 'json', '.'], { cwd: dir }, (error, stdout, stderr) =>
    stdout === '' ? reject(new Error(stderr, { cause: error })) : told(stdout),
  )
  const { summary } = JSON.parse(await promise) as Cruised
  t.true(summary.totalDependenciesCruised > 0)
  return summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`).toSorted()
}
