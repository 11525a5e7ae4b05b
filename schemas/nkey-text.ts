const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** Bytes as NATS writes keys: base32 of them and their checksum. The first byte says what the key is of. */
export function encodeNkeyText(bytes: Uint8Array): string {
  const crc = checksum(bytes)
  let [text, held, bits] = ['', 0, 0]
  for (const byte of [...bytes, crc & 0xff, crc >> 8]) {
    held = ((held << 8) | byte) & 0xfff
    for (bits += 8; bits >= 5; bits -= 5) text += ALPHABET[(held >> (bits - 5)) & 31]
  }
  return bits > 0 ? text + ALPHABET[(held << (5 - bits)) & 31] : text
}

/** The bytes that stand in the text, without their checksum; `undefined` where that, or a letter, is wrong. */
export function decodeNkeyText(text: string): Uint8Array | undefined {
  const out: number[] = []
  let [held, bits] = [0, 0]
  for (const letter of text) {
    const value = ALPHABET.indexOf(letter)
    if (value < 0) return undefined
    held = ((held << 5) | value) & 0xfff
    bits += 5
    if (bits >= 8) out.push((held >> (bits -= 8)) & 0xff)
  }
  const bytes = Uint8Array.from(out.slice(0, -2))
  return bytes.length > 0 && encodeNkeyText(bytes) === text ? bytes : undefined
}

/** CRC-16 (XMODEM). */
function checksum(bytes: Uint8Array): number {
  let crc = 0
  for (const byte of bytes) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit++) crc = ((crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021) & 0xffff
  }
  return crc
}
