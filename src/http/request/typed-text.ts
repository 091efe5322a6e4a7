const DIGIT = /\p{Nd}/u;
const SEPARATORS = /[\p{Z}\p{Pd}\p{Cf}\s]/gu;

/**
 * What a person typed, as it was meant: full-width letters and digits and the digits of any script as ASCII, without
 * spaces, dashes and invisible characters.
 */
export function typedText(text: string): string {
  return text
    .normalize('NFKC')
    .replaceAll(SEPARATORS, '')
    .replaceAll(/\p{Nd}/gu, asciiDigit);
}

// The digits of a script are ten code points in a row, from zero up, and after NFKC no two such rows touch.
function asciiDigit(digit: string): string {
  const code = digit.codePointAt(0) ?? 0;
  let value = 0;
  while (value < 9 && DIGIT.test(String.fromCodePoint(code - value - 1))) value += 1;
  return String(value);
}
