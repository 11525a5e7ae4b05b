/** Largest body that is read where a route says nothing else, in bytes. */
export const BODY_LIMIT = 256 * 1024
/** Largest body of a change set: 1,000 operations of 4 KiB. */
export const SET_BODY_LIMIT = 4 * 1024 * 1024
