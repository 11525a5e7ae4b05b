/** What a table in Postgres is: as counted and hashed here, whatever anybody says about it. */
export interface TableContent {
  readonly rowCount: number
  readonly sha256: string
}
