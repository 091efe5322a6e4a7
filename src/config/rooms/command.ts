import type { Config } from '../config.ts';

/** What commands take. */
export function commandSettings(config: Config) {
  return {
    tries: config.SCANGATE_COMMAND_TRIES,
    replayWindowMs: config.SCANGATE_REPLAY_WINDOW,
  };
}

/** What the sweeper takes. */
export function sweeperSettings(config: Config) {
  return { periodMs: config.SCANGATE_SWEEP_PERIOD };
}
