/**
 * Hears SIGHUP, which ends a process that does not. Called before anything slow is loaded: a secret may change then, too.
 *
 * @returns what sets who is told. What comes before is not told later: whoever starts then reads its files anyway.
 */
export function hearHangups(): (listener: () => void) => void {
  let tell = (): void => undefined;
  process.on('SIGHUP', () => tell());
  return (listener) => {
    tell = listener;
  };
}
