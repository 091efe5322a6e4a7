import type { StoreSettings } from '../../src/store/store-settings.ts';

/** A store as most tests want it: the default lives, and calls that may take their time on a busy machine. */
export const settingsForTests: StoreSettings = {
  historyMs: 60_000,
  lifeMaxMs: 180_000,
  callTimeoutMs: 5_000,
};
