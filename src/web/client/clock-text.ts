/** `1:05` of a time left; a started second counts as whole. */
export function clockText(leftMs: number): string {
  const seconds = Math.ceil(leftMs / 1000);
  const rest = seconds % 60;
  return Math.floor(seconds / 60) + ':' + (rest < 10 ? '0' : '') + rest;
}
