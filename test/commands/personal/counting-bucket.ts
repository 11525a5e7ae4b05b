import type { KeyBucket } from '../../../commands/personal/key-bucket.ts'

/** The same bucket, and how often it was asked for something under one name, and written to. */
export function countingBucket(bucket: KeyBucket): {
  readonly bucket: KeyBucket
  readonly counts: { reads: number; writes: number }
} {
  const counts = { reads: 0, writes: 0 }
  return {
    counts,
    bucket: {
      read(name) {
        counts.reads++
        return bucket.read(name)
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
