import { z } from 'zod'

/** Twelve hex digits, in pairs, fours or at one go; `48:b0:2d:e9:c3:b7`, `48-B0-2D-E9-C3-B7` and `48b0.2de9.c3b7` are one. */
const SPELLINGS =
  /^(?:[0-9a-f]{2}([:-]))(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}$|^[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}$|^[0-9a-f]{12}$/

/** A MAC address as it is kept: lower case, pairs with colons. */
export const macAddress = z
  .string()
  .trim()
  .toLowerCase()
  .regex(SPELLINGS, 'must be a MAC address such as 48:b0:2d:e9:c3:b7')
  .transform((text) => (text.replaceAll(/[^0-9a-f]/g, '').match(/../g) ?? []).join(':'))
  .refine((mac) => mac !== '00:00:00:00:00:00' && (Number.parseInt(mac.slice(0, 2), 16) & 1) === 0, {
    message: 'must be the address of one device, not that of a group or of none',
  })
