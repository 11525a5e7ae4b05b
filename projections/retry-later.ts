/** First and longest wait, in milliseconds. */
const FIRST = 1_000
const MOST = 60_000

/** Scopes (by their keys) that are to be looked at again: at once at first, and after each failure later than the last time. */
export class RetryLater {
  readonly #scopes = new Map<string, { readonly notBefore: number; readonly wait: number }>()

  constructor(scopeKeys: Iterable<string>) {
    for (const scopeKey of scopeKeys) this.add(scopeKey)
  }

  get size(): number {
    return this.#scopes.size
  }

  keys(): Iterable<string> {
    return this.#scopes.keys()
  }

  add(scopeKey: string): void {
    if (!this.#scopes.has(scopeKey)) this.#scopes.set(scopeKey, { notBefore: 0, wait: FIRST })
  }

  failed(scopeKey: string, now: number): void {
    const wait = this.#scopes.get(scopeKey)?.wait ?? FIRST
    this.#scopes.set(scopeKey, { notBefore: now + wait, wait: Math.min(wait * 2, MOST) })
  }

  done(scopeKey: string): void {
    this.#scopes.delete(scopeKey)
  }

  /** Those whose time has come. */
  due(now: number): readonly string[] {
    return [...this.#scopes].filter(([, { notBefore }]) => notBefore <= now).map(([scopeKey]) => scopeKey)
  }
}
