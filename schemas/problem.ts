import { z } from 'zod'
import { violation } from './command.ts'

/**
 * An error over HTTP, `application/problem+json`. `code` is for programs, `detail` for people; `violations` name the
 * fields at fault.
 * @see https://www.rfc-editor.org/rfc/rfc9457
 */
export const problem = z
  .object({
    type: z.string().describe('urn:pharos:problem:<code>'),
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string(),
    instance: z.string().describe('id of the request, as in the logs'),
    code: z.string(),
    violations: z.array(violation),
    /** With 412: the revision that was expected, and the one that stands. */
    expected: z.int().optional(),
    actual: z.int().optional(),
    /** With 504: how many events the read model is behind what was asked for. */
    lag: z.int().optional(),
  })
  .meta({ id: 'Problem' })
export type Problem = z.infer<typeof problem>

export const PROBLEM_JSON = 'application/problem+json'
