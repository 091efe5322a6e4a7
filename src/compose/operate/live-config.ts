import { BadSetting } from '../../config/bad-setting.ts';
import type { Config } from '../../config/config.ts';
import { FILED_SETTINGS } from '../../config/secret-files.ts';
import { parseRedisAddress } from '../../store/redis/connection/address.ts';
import type { RedisAddress } from '../../store/redis/connection/address.ts';
import { systemTime } from '../../time/system-time.ts';
import { every } from '../../time/time.ts';
import type { Closable } from '../assembly.ts';
import type { Telling } from '../telling.ts';
import { stampsOf } from './file-stamps.ts';

/** How often the files are looked at, in milliseconds. */
const LOOK_MS = 2000;

/** A configuration whose secrets are what their files hold now. */
export interface LiveConfig extends Closable {
  /** As it was given, but for the settings of {@link FILED_SETTINGS}, each of which is read anew whenever it is asked for. */
  readonly config: Config;
  /** Reads the files now, whether they changed or not. */
  look(): void;
  /** Hears of new secrets of the gateway's own; at once, where they are not those that were given any more. */
  onSecrets(listener: (secrets: readonly string[]) => void): void;
}

/**
 * Follows the files that secrets were given in; they are read once more here, for they may have changed since they were.
 * What cannot be used (a file that is gone for a moment while it is mounted anew, or holds no such secret) changes
 * nothing, and the log says so.
 */
export function openLiveConfig(given: Config, { log, report }: Pick<Telling, 'log' | 'report'>): LiveConfig {
  const files = Object.values(given.secretFiles);
  let latest = given;
  let seen = '';
  let tell: (secrets: readonly string[]) => void = () => undefined;

  function read(): boolean {
    seen = stampsOf(files);
    try {
      const next = given.reread();
      assertSameStore(given, next);
      if (changedSecrets(latest, next)) {
        const isAnew = keepsNone(latest, next);
        if (isAnew) log.warn('no secret of before is kept: what was made with them counts no more');
        report({ kind: 'key_rotation', reason: isAnew ? 'no_secret_kept' : 'secrets' });
        tell(next.secrets);
      }
      latest = next;
      return true;
    } catch (error) {
      if (!(error instanceof BadSetting)) throw error;
      log.error({ mistake: error.message }, 'the secrets stay as they were');
      return false;
    }
  }

  const look = (): void => {
    if (files.length > 0 && read()) log.info({ files: files.length }, 'secrets read again');
  };
  const follow = (): void => {
    if (stampsOf(files) !== seen) look();
  };
  if (files.length > 0) read();
  const stop = files.length === 0 ? () => undefined : every(systemTime, LOOK_MS, follow);
  return {
    config: withLatest(given, () => latest),
    look,
    onSecrets: (listener) => {
      tell = listener;
      if (changedSecrets(given, latest)) tell(latest.secrets);
    },
    close: stop,
  };
}

function changedSecrets(
  before: Config,
  now: Config,
): now is Config & { readonly secrets: readonly string[] } {
  return now.secrets !== undefined && now.secrets.join() !== before.secrets?.join();
}

function keepsNone(before: Config, now: Config): boolean {
  return before.secrets?.some((secret) => now.secrets?.includes(secret)) === false;
}

/** Of a store that is open, its kind stays. @throws BadSetting also where its address is none. */
function assertSameStore(given: Config, next: Config): void {
  if (next.storeKind !== given.storeKind || kindOfRedis(next) !== kindOfRedis(given))
    throw new BadSetting('SCANGATE_STORE', 'names a store of another kind, which takes a restart');
}

function kindOfRedis({ storeKind, SCANGATE_STORE: address }: Config): RedisAddress['kind'] | undefined {
  if (storeKind !== 'redis') return undefined;
  try {
    return parseRedisAddress(address).kind;
  } catch (error) {
    throw new BadSetting('SCANGATE_STORE', (error as Error).message);
  }
}

function withLatest(given: Config, latest: () => Config): Config {
  const live = { ...given };
  for (const name of FILED_SETTINGS)
    Object.defineProperty(live, name, { enumerable: true, get: () => latest()[name as keyof Config] });
  return Object.freeze(live);
}
