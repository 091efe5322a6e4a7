const HEADER_AND_END_BYTES = 7;

/** Bytes of an empty listpack. */
export const EMPTY_LISTPACK_BYTES = HEADER_AND_END_BYTES;

/** Bytes that one element takes in a listpack: its encoding, the text, and the length that stands behind it. */
export function elementBytes(element: string | number): number {
  const bytes = typeof element === 'number' ? integerBytes(element) : textBytes(element);
  return bytes + backLengthBytes(bytes);
}

function textBytes(text: string): number {
  if (text.length < 20 && /^(0|-?[1-9][0-9]*)$/.test(text)) return integerBytes(Number(text));
  if (text.length < 64) return 1 + text.length;
  return (text.length < 4_096 ? 2 : 5) + text.length;
}

function integerBytes(value: number): number {
  if (value >= 0 && value <= 127) return 1;
  if (value >= -4_096 && value <= 4_095) return 2;
  if (value >= -(2 ** 15) && value < 2 ** 15) return 3;
  if (value >= -(2 ** 23) && value < 2 ** 23) return 4;
  return value >= -(2 ** 31) && value < 2 ** 31 ? 5 : 9;
}

function backLengthBytes(bytes: number): number {
  if (bytes <= 127) return 1;
  if (bytes < 16_383) return 2;
  return bytes < 2_097_151 ? 3 : 4;
}
