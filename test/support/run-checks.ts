import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

const CHECKS = [
  ['types', 'tsc', '--noEmit'],
  ['lint', 'oxlint', '--deny-warnings'],
  ['format', 'oxfmt', '--check', '.'],
  ['dependencies', 'depcruise', '--config', '.dependency-cruiser.cjs', '.'],
] as const

/** Runs the static checks one after another, all of them. `report`: what each of them said, in lines. */
export async function runChecks(): Promise<{ passed: number; failed: number; report: readonly string[] }> {
  const count = { passed: 0, failed: 0 }
  const report: string[] = []
  for (const [name, tool, ...args] of CHECKS) {
    const { ok, output } = await run(join('node_modules/.bin', tool), args)
    report.push(`# check ${name}: ${tool} ${args.join(' ')}`)
    if (output !== '') report.push(output.replaceAll(/^/gm, '# '))
    report.push(ok ? `ok - check ${name}` : `not ok - check ${name}`)
    count[ok ? 'passed' : 'failed']++
  }
  return { ...count, report }
}

/** A tool that cannot even be started failed as well. */
async function run(
  command: string,
  args: readonly string[],
): Promise<{ readonly ok: boolean; readonly output: string }> {
  const written: string[] = []
  try {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => written.push(text))
    await once(child, 'close')
    return { ok: child.exitCode === 0, output: written.join('').trim() }
  } catch (error) {
    return { ok: false, output: [...written, String(error)].join('') }
  }
}
