import type { KeyBucket } from '../../../commands/personal/key-bucket.ts'

/** The same bucket, and how often single keys were asked for and written. */
export function countingBucket(bucket: KeyBucket): {
  readonly bucket: KeyBucket
  readonly counts: { reads: number; writes: number }
} {
  const counts = { reads: 0, writes: 0 }
  return {
    counts,
    bucket: {
      read(person) {
        counts.reads++
        return bucket.read(person)
      },
      write(...written) {
        counts.writes++
        return bucket.write(...written)
      },
      eraseBefore: (...before) => bucket.eraseBefore(...before),
      all: () => bucket.all(),
    },
  }
}
