import { execFile } from 'node:child_process'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * Takes a package of Debian testing through the machine's own apt and mirror, and answers where in `dir` it is unpacked. apt
 * verifies the signatures. All of apt's state is in `dir`: the machine's sources, lists and packages are left alone, so it
 * needs no root.
 * @throws Error when this is no Debian, or the package cannot be had.
 */
export async function unpackDebianPackage(
  name: string,
  dir: string,
  env: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<string> {
  const call = async (command: string, args: readonly string[]): Promise<string> => {
    const english = { ...env, LC_ALL: 'C' }
    return (await run(command, args, { cwd: dir, env: english, timeout: 180_000, signal })).stdout
  }
  const mirror = debianMirror(
    await call('apt-get', ['indextargets', '--format', '$(ORIGIN) $(LABEL) $(COMPONENT) $(REPO_URI)']),
  )
  if (mirror === undefined) throw new Error("this machine's apt has no Debian mirror")
  const architecture = (await call('dpkg', ['--print-architecture'])).trim()

  for (const path of ['lists/partial', 'cache/archives/partial']) await mkdir(join(dir, path), { recursive: true })
  await writeFile(join(dir, 'status'), '')
  await writeFile(
    join(dir, 'testing.sources'),
    [
      'Types: deb',
      `URIs: ${mirror}`,
      'Suites: testing',
      'Components: main',
      `Architectures: ${architecture}`,
      'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg',
      '',
    ].join('\n'),
  )
  const options = privateState(dir)
  await call('apt-get', ['-q', ...options, 'update'])
  await call('apt-get', ['-q', ...options, 'download', name])
  const deb = (await readdir(dir)).find((file) => file.startsWith(`${name}_`) && file.endsWith('.deb'))
  if (deb === undefined) throw new Error('apt downloaded no package')
  await call('dpkg-deb', ['-x', deb, 'unpacked'])
  return join(dir, 'unpacked')
}

function debianMirror(targets: string): string | undefined {
  const lines = targets.split('\n').map((line) => line.split(' '))
  return lines.find(
    ([origin, label, component]) => origin === 'Debian' && label === 'Debian' && component === 'main',
  )?.[3]
}

function privateState(dir: string): string[] {
  return [
    `Dir::Etc::SourceList=${join(dir, 'testing.sources')}`,
    'Dir::Etc::SourceParts=/dev/null',
    'Dir::Etc::Preferences=/dev/null',
    'Dir::Etc::PreferencesParts=/dev/null',
    `Dir::State=${dir}`,
    `Dir::State::Lists=${join(dir, 'lists')}`,
    `Dir::State::Status=${join(dir, 'status')}`,
    `Dir::Cache=${join(dir, 'cache')}`,
    'Acquire::Languages=none',
    'Acquire::Retries=3',
    // Without root there is no other user to sandbox with.
    'APT::Sandbox::User=',
  ].flatMap((option) => ['-o', option])
}
