import { statSync } from 'node:fs';
import { BadSetting } from '../../config/bad-setting.ts';
import type { Config } from '../../config/config.ts';
import { FILED_SETTINGS } from '../../config/secret-files.ts';
import type { Log } from '../../telemetry/log.ts';
import { systemTime } from '../../time/system-time.ts';
import { every } from '../../time/time.ts';
import type { Closable } from '../assembly.ts';

/** How often the files are looked at, in milliseconds. */
const LOOK_MS = 2000;

/** A configuration whose secrets are what their files hold now. */
export interface LiveConfig extends Closable {
  /** As it was given, but for the settings of {@link FILED_SETTINGS}, each of which is read anew whenever it is asked for. */
  readonly config: Config;
  /** Looks at the files now. */
  look(): void;
  /** Hears of new secrets of the gateway's own. */
  onSecrets(listener: (secrets: readonly string[]) => void): void;
}

/**
 * Follows the files that secrets were given in. What cannot be used (a file that is gone for a moment while it is mounted
 * anew, or holds no such secret) changes nothing, and the log says so.
 */
export function openLiveConfig(given: Config, log: Log): LiveConfig {
  const files = Object.values(given.secretFiles);
  let latest = given;
  let seen = stampsOf(files);
  let tell: (secrets: readonly string[]) => void = () => undefined;

  function read(): void {
    try {
      const next = given.reread();
      if (next.secrets !== undefined && next.secrets.join() !== latest.secrets?.join()) tell(next.secrets);
      latest = next;
      log.info({ files: files.length }, 'secrets read again');
    } catch (error) {
      if (!(error instanceof BadSetting)) throw error;
      log.error({ mistake: error.message }, 'the secrets stay as they were');
    }
  }

  const look = (): void => {
    const stamps = stampsOf(files);
    if (stamps === seen) return;
    seen = stamps;
    read();
  };
  const stop = files.length === 0 ? () => undefined : every(systemTime, LOOK_MS, look);
  return {
    config: withLatest(given, () => latest),
    look,
    onSecrets: (listener) => {
      tell = listener;
    },
    close: stop,
  };
}

function withLatest(given: Config, latest: () => Config): Config {
  const live = { ...given };
  for (const name of FILED_SETTINGS)
    Object.defineProperty(live, name, { enumerable: true, get: () => latest()[name as keyof Config] });
  return Object.freeze(live);
}

// Of what a link leads to: Kubernetes swaps a link. Taken before a file is read, so that a change in between is seen.
function stampsOf(files: readonly string[]): string {
  return files
    .map((file) => {
      try {
        const { ino, mtimeMs, ctimeMs, size } = statSync(file);
        return `${ino} ${mtimeMs} ${ctimeMs} ${size}`;
      } catch (error) {
        return String((error as NodeJS.ErrnoException).code);
      }
    })
    .join();
}
