import { readFile, statfs } from 'node:fs/promises'

const SHARED_MEMORY = '/dev/shm'
/** Many times what a run was seen to take (some 300 MB), in bytes: a machine that is short of memory keeps its files on disk. */
const ROOM = 8 * 1024 ** 3

/**
 * A file system in memory with room for all the files of a test run, `undefined` where there is none. No test cuts the
 * power, and Postgres makes 300 files for every database: a third of its time went to the file system.
 */
export async function roomInMemory(): Promise<string | undefined> {
  if (process.env['TMPDIR'] !== undefined || process.env['PHAROS_TEST_INFRA'] === 'containers') return undefined
  if (!(await mayRunProgramsFrom(SHARED_MEMORY))) return undefined
  const free = await statfs(SHARED_MEMORY).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => 0,
  )
  return Math.min(free, process.availableMemory()) >= ROOM ? SHARED_MEMORY : undefined
}

/** An installed package is tried there, and containers mount theirs `noexec`. */
async function mayRunProgramsFrom(place: string): Promise<boolean> {
  const mounts = await readFile('/proc/self/mounts', 'utf8').catch(() => '')
  const options = mounts
    .split('\n')
    .find((line) => line.split(' ')[1] === place)
    ?.split(' ')[3]
  return options?.split(',').includes('noexec') === false
}
