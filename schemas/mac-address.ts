import { z } from 'zod'

const OCTETS =
  /^(?:[0-9a-f]{2}(?:(:)[0-9a-f]{2}(?:\1[0-9a-f]{2}){4}|(-)[0-9a-f]{2}(?:\2[0-9a-f]{2}){4})|[0-9a-f]{4}(?:\.[0-9a-f]{4}){2}|[0-9a-f]{12})$/

/**
 * The MAC address of a device, however it is written: `48:b0:2d:e9:c3:b7`, `48-B0-2D-E9-C3-B7`, `48b0.2de9.c3b7` and
 * `48B02DE9C3B7` are one, and it is the first. A name that devices go by, never a proof.
 */
export const macAddress = z
  .string()
  .trim()
  .toLowerCase()
  .regex(OCTETS, 'must be a MAC address such as 48:b0:2d:e9:c3:b7')
  .transform((text) => (text.replaceAll(/[^0-9a-f]/g, '').match(/../g) ?? []).join(':'))
  .refine((mac) => mac !== '00:00:00:00:00:00' && (Number.parseInt(mac.slice(0, 2), 16) & 1) === 0, {
    message: 'must be the address of one device, not that of a group or of none',
  })
