import test from 'ava'

/** Needs a container engine, so it is part of `PHAROS_TEST_INFRA=containers npm test`; without, the report says "skipped". */
export const inContainers = process.env['PHAROS_TEST_INFRA'] === 'containers' ? test.serial : test.serial.skip

/** In milliseconds. */
export const MINUTES = 60_000
