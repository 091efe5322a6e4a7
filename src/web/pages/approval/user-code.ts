const CODE_LENGTH = 8;
const SEGMENT_LENGTH = 4;

/** A user code as the other screen shows it, in two segments, as far as it is typed; what is longer stays as it is. */
export function inSegments(typed: string): string {
  const normal = typeof typed.normalize === 'function' ? typed.normalize('NFKC') : typed;
  const code = normal.replace(/[^A-Za-z0-9]/g, '').toUpperCase();
  if (code.length > CODE_LENGTH || /[^\s\-A-Za-z0-9]/.test(normal)) return typed;
  return code.length > SEGMENT_LENGTH
    ? code.slice(0, SEGMENT_LENGTH) + '-' + code.slice(SEGMENT_LENGTH)
    : code;
}
