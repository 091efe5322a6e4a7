import { BadSetting } from './bad-setting.ts';
import type { Values } from './values.ts';

const LENGTH_MIN = 20;

/** Whoever has such a token registers clients: it must not be one that can be guessed. @throws {@link BadSetting} */
export function assertRegistrationTokens({ SCANGATE_REGISTRATION_TOKEN: tokens = [] }: Values): void {
  if (tokens.some((token) => token.length < LENGTH_MIN))
    throw new BadSetting('SCANGATE_REGISTRATION_TOKEN', `must have ${LENGTH_MIN} characters or more`);
}
