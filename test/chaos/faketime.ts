import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** This machine cannot play a scenario; the message says what would help. */
export class CannotPlay extends Error {}

/**
 * What makes a program's clock another one: faketime's library, with an offset that it takes from a file or from the
 * environment. The monotonic clock stays what it is.
 *
 * @throws CannotPlay
 */
export async function fakedClock(
  offset: { readonly file: string } | { readonly fixed: string },
): Promise<Readonly<Record<string, string>>> {
  const printed = await promisify(execFile)('faketime', ['-f', '+0', 'env']).catch(() => undefined);
  const library = printed === undefined ? undefined : /^LD_PRELOAD=(\S+)$/m.exec(printed.stdout)?.[1];
  if (library === undefined) throw new CannotPlay('faketime is missing: apt-get install faketime');
  return {
    // Behind it the C library's own malloc: Redis' jemalloc asks for the time before faketime can answer.
    LD_PRELOAD: `${library}:libc.so.6`,
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    ...('file' in offset
      ? { FAKETIME_TIMESTAMP_FILE: offset.file, FAKETIME_NO_CACHE: '1' }
      : { FAKETIME: offset.fixed }),
  };
}
