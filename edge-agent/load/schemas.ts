/** Where services on the device read the mirrored tables. */
export const MIRROR = 'pharos'
/** Where tables are loaded and verified before anybody sees them. */
export const NEXT = 'pharos_next'
/** Where tables go that were replaced, each time a schema of its own, until they are dropped. */
export const OLD = 'pharos_old_'
