import { BadSetting } from './bad-setting.ts';
import type { SettingName } from './settings-table.ts';
import type { Values } from './values.ts';

const NOT_ABOVE: readonly (readonly [SettingName, SettingName])[] = [
  ['SCANGATE_TICKET_LIFE', 'SCANGATE_TICKET_LIFE_MAX'],
  ['SCANGATE_RECHECK_MIN', 'SCANGATE_RECHECK_MAX'],
  ['SCANGATE_SSE_LIFE_MIN', 'SCANGATE_SSE_LIFE_MAX'],
  ['SCANGATE_CANARY_PERIOD', 'SCANGATE_CANARY_LIMIT'],
];

/** Holds settings against each other. @throws {@link BadSetting} for the first that contradicts another. */
export function assertRelations(values: Values): void {
  for (const [low, high] of NOT_ABOVE) {
    if ((values[low] as number) > (values[high] as number))
      throw new BadSetting(low, `must not exceed ${high}`);
  }
  if (values.SCANGATE_DRAIN_WAIT + values.SCANGATE_DRAIN_WINDOW > values.SCANGATE_DRAIN_MAX) {
    throw new BadSetting(
      'SCANGATE_DRAIN_MAX',
      'must be at least SCANGATE_DRAIN_WAIT + SCANGATE_DRAIN_WINDOW',
    );
  }
}
