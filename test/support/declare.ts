import type { ExecutionContext } from 'ava'

/** As ava's `test`: how a contract declares its tests. */
export type Declare = (title: string, run: (t: ExecutionContext) => void | Promise<void>) => void
