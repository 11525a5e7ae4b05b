/**
 * Does the work for each item, up to `most` at a time, and yields results as they come, in no order. Takes an item only
 * when there is room for it, so a slow consumer slows the source. What an item's work throws ends it.
 */
export async function* inFlight<Item, Result>(
  items: AsyncIterable<Item>,
  most: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result, void> {
  const running = new Map<number, Promise<readonly [number, Result]>>()
  let next = 0
  const settled = async (): Promise<Result> => {
    const [number, result] = await Promise.race(running.values())
    running.delete(number)
    return result
  }
  try {
    for await (const item of items) {
      const number = next++
      running.set(
        number,
        work(item).then((result) => [number, result] as const),
      )
      if (running.size >= most) yield await settled()
    }
    while (running.size > 0) yield await settled()
  } finally {
    await Promise.allSettled(running.values())
  }
}
