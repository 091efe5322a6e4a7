import type { Healing } from './session.ts';

export const noHealing: Healing = {
  settled: () => undefined,
  acknowledged: () => {},
  answered: () => {},
};
