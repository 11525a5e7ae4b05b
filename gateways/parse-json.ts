import { parse } from 'secure-json-parse'

/** What is said of a text that is refused. */
export const MUST_BE_JSON = 'must be JSON, without a key __proto__'

/**
 * JSON from outside, read as Fastify reads the body of a request. A key `__proto__` (or `constructor` with `prototype`) is
 * refused wherever it stands: checks by schema would leave it out in silence, and code that copies objects may do worse.
 * @throws SyntaxError when the text is no JSON, or has such a key.
 */
export function parseJson(text: string): unknown {
  return parse(text)
}
