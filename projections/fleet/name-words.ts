/**
 * SQL of the words in a name, told apart by whatever is no letter or digit, in lower case: what a search by name compares. Said
 * in one way only, since an index is of exactly this expression.
 */
export function nameWordsSql(name: string): string {
  return `to_tsvector('simple'::regconfig, regexp_replace(normalize(${name}, NFKC), '[[:punct:]]+', ' ', 'g'))`
}

/** SQL condition: for each word that is searched there is one in the name that begins so. `search` is SQL of a text. */
export function nameMatchesSql(name: string, search: string): string {
  return `${nameWordsSql(name)} @@ (
    select string_agg(quote_literal(lexeme) || ':*', ' & ')::tsquery from unnest(${nameWordsSql(search)}))`
}

/** An index for {@link nameMatchesSql}. Without statistics: Postgres would keep the most frequent words of names in a table of its own. */
export function nameIndexSql(table: string): string {
  return `
    create index idx_${table}_name on ${table} using gin (${nameWordsSql('name')});
    alter index idx_${table}_name alter column 1 set statistics 0`
}
