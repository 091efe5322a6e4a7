import { randomUUID } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Dead letters of one receiver that an operator wants to be tried again: a small file, for whoever delivers from the folder. */
export interface ReplayWish {
  readonly file: string;
  readonly places: readonly string[];
}

/** How many places a wish names at most: no more dead letters are kept. */
const PLACES_MAX = 1000;

/**
 * What another process asks of the one that delivers: a folder has one writer. A wish is a file beside the data, whole or not
 * there, so that one that was made while no gateway runs is granted by the next that does.
 */
export class ReplayWishes {
  readonly #folder: string;

  /** @param folder the folder of the queues. */
  constructor(folder: string) {
    this.#folder = join(folder, 'replay');
  }

  async make(receiver: string, places: readonly string[]): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const file = join(this.#folder, `${receiver}.${randomUUID()}`);
    await writeFile(`${file}.new`, JSON.stringify(places.slice(0, PLACES_MAX)), { mode: 0o600 });
    await rename(`${file}.new`, file);
  }

  /** Those that are not granted yet. */
  async of(receiver: string): Promise<readonly ReplayWish[]> {
    const names = await readdir(this.#folder).catch(() => []);
    const theirs = names.filter((name) => name.startsWith(`${receiver}.`) && !name.endsWith('.new'));
    return await Promise.all(
      theirs.map(async (name) => {
        const file = join(this.#folder, name);
        return { file, places: placesIn(await readFile(file, 'utf8').catch(() => '')) };
      }),
    );
  }

  async grant(wishes: readonly ReplayWish[]): Promise<void> {
    for (const { file } of wishes) await rm(file, { force: true });
  }
}

// Whoever may write here may do anything to the store; a file that is none of ours is passed over all the same.
function placesIn(text: string): readonly string[] {
  try {
    const value: unknown = JSON.parse(text);
    if (!Array.isArray(value)) return [];
    return value
      .filter((place) => typeof place === 'string' && /^\d{1,18}$/.test(place))
      .slice(0, PLACES_MAX);
  } catch {
    return [];
  }
}
