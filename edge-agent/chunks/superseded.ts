/** Another manifest took the place of the one that is being fetched: ask again which. */
export class Superseded extends Error {
  override readonly name = 'Superseded'
}
