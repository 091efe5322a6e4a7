import { BadSetting } from '../../config/bad-setting.ts';
import type { Config } from '../../config/config.ts';
import { BadPlaces, openPlacesFile } from '../../place/places-file.ts';
import type { FollowingPlaces } from '../../place/places-file.ts';
import { noPlaces } from '../../place/places.ts';
import type { Log } from '../../telemetry/log.ts';
import { systemTime } from '../../time/system-time.ts';

/** How often their file is looked at, in milliseconds. */
const LOOK_MS = 2000;

/** The places of a configuration. @throws BadSetting where their file cannot be used. */
export function openPlaces(config: Config, log: Log): FollowingPlaces {
  const file = config.SCANGATE_PLACES_FILE;
  if (file === undefined) return { ...noPlaces, look: () => undefined, close: () => undefined };
  try {
    return openPlacesFile({
      file,
      lookMs: LOOK_MS,
      time: systemTime,
      onLoaded: () => log.info('places read again'),
      onMistake: (why) => log.error({ mistake: why }, 'the places stay as they were'),
    });
  } catch (error) {
    if (error instanceof BadPlaces) throw new BadSetting('SCANGATE_PLACES_FILE', error.message);
    throw error;
  }
}
