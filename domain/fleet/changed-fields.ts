/** What of the wishes is wished at all and differs from what is. */
export function changedFields<Wishes extends object>(
  state: object,
  wishes: Wishes,
): { [K in keyof Wishes]?: Exclude<Wishes[K], undefined> } {
  const isNews = ([field, value]: [string, unknown]): boolean =>
    value !== undefined && value !== Reflect.get(state, field)
  return Object.fromEntries(Object.entries(wishes).filter(isNews)) as ReturnType<typeof changedFields<Wishes>>
}
