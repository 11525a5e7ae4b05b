import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

const CHECKS = [
  ['types', 'tsc', '--noEmit'],
  ['lint', 'oxlint', '--deny-warnings'],
  ['format', 'oxfmt', '--check', '.'],
  ['dependencies', 'depcruise', '--config', '.dependency-cruiser.cjs', '.'],
] as const

/** Runs the static checks one after another, all of them, and shows the output of each. */
export async function runChecks(): Promise<{ passed: number; failed: number }> {
  const count = { passed: 0, failed: 0 }
  for (const [name, tool, ...args] of CHECKS) {
    console.log(`# check ${name}: ${tool} ${args.join(' ')}`)
    const ok = (await exitCode(join('node_modules/.bin', tool), args)) === 0
    console.log(ok ? `ok - check ${name}` : `not ok - check ${name}`)
    count[ok ? 'passed' : 'failed']++
  }
  return count
}

/** A tool that cannot even be started failed as well. */
async function exitCode(command: string, args: readonly string[]): Promise<number> {
  try {
    const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] })
    await once(child, 'exit')
    return child.exitCode ?? 1
  } catch (error) {
    console.error(error)
    return 1
  }
}
