import { readFileSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { every } from '../time/time.ts';
import type { Time } from '../time/time.ts';
import { mmdbPlaces } from './mmdb.ts';
import type { Places } from './places.ts';

/** A file of places that cannot be used. The message says what is wrong with it, after its name. */
export class BadPlaces extends Error {
  override readonly name = 'BadPlaces';
}

export interface PlacesFileOptions {
  readonly file: string;
  /** Milliseconds between looks at the file. */
  readonly lookMs: number;
  readonly time: Time;
  /** Told of a change that was taken. */
  readonly onLoaded: () => void;
  /** Told why a changed file is not taken: places stay as they were. */
  readonly onMistake: (why: string) => void;
}

/** Places that follow their file until they are closed. */
export interface FollowingPlaces extends Places {
  /** Looks at the file now. */
  look(): void;
  close(): void;
}

/** The largest file that is read: the whole of it stays in memory. */
const BYTES_MAX = 512 * 1024 * 1024;

/**
 * Reads a file in MaxMind's format (MMDB 2.0), and follows it: a change counts without a restart, a bad file changes nothing.
 *
 * @throws {@link BadPlaces} where the first reading fails.
 */
export function openPlacesFile({
  file,
  lookMs,
  time,
  onLoaded,
  onMistake,
}: PlacesFileOptions): FollowingPlaces {
  let seen = stampOf(file);
  let places = checked(() => readFileSync(checkedSize(file)));
  let isReading = false;

  async function readAgain(): Promise<void> {
    try {
      const bytes = await readFile(checkedSize(file));
      places = checked(() => bytes);
      onLoaded();
    } catch (error) {
      onMistake(reasonOf(error));
    }
  }

  const look = (): void => {
    const stamp = stampOf(file);
    if (stamp === seen || isReading) return;
    seen = stamp;
    isReading = true;
    void readAgain().finally(() => {
      isReading = false;
    });
  };
  const stop = every(time, lookMs, look);
  return { isThere: true, find: (ip) => places.find(ip), look, close: stop };
}

function checked(read: () => Buffer): Places {
  try {
    return mmdbPlaces(read());
  } catch (error) {
    throw new BadPlaces(reasonOf(error));
  }
}

function checkedSize(file: string): string {
  const { size } = statSync(file);
  if (size > BYTES_MAX) throw new BadPlaces(`is larger than ${BYTES_MAX} bytes`);
  return file;
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === undefined ? message : `cannot be read (${code})`;
}

// Taken before the file is read, so that a change in between is seen at the next look.
function stampOf(file: string): string {
  try {
    const { ino, mtimeMs, ctimeMs, size } = statSync(file);
    return `${ino} ${mtimeMs} ${ctimeMs} ${size}`;
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}
