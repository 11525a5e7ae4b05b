/**
 * For ava, which switches source maps on: reading those of a hundred modules of our dependencies costs each file some 40 ms,
 * and ours need none, since Node strips types in place.
 */
process.setSourceMapsEnabled(false)
