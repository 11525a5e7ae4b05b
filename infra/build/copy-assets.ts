import { cp, glob } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * The last step of `npm run build`: what programs read at run time and is no TypeScript (migrations, configuration,
 * sample data, web pages) goes to the same place in `dist/`.
 */
const ASSETS = '{schemas,domain,commands,projections,gateways,edge-agent,infra}/**/*.*'
/** Needed around Pharos, never by it. */
const LEFT_OUT = ['**/*.ts', '**/*.md', 'infra/{build,docker,k8s,prometheus,grafana}/**', 'edge-agent/*.{yml,sh}']

const root = join(import.meta.dirname, '../..')
for await (const path of glob(ASSETS, { cwd: root, exclude: LEFT_OUT, withFileTypes: false })) {
  await cp(join(root, path), join(root, 'dist', path), { recursive: true })
}
