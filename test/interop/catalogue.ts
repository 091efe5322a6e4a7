import type { Row } from './row.ts';
import { appauth } from './rows/appauth.ts';
import { authCore, expressOpenidConnect, nextAuth4, passportOpenidconnect } from './rows/middlewares.ts';
import { oauth4webapi, openidClient5, openidClient6 } from './rows/openid-client.ts';
import { betterAuth, oidcClientTs } from './rows/pages.ts';
import { READERS } from './rows/readers.ts';

/** Every program that is tried, in the order of the tables. */
export const ROWS: readonly Row[] = [
  openidClient5,
  openidClient6,
  oauth4webapi,
  nextAuth4,
  authCore,
  expressOpenidConnect,
  passportOpenidconnect,
  oidcClientTs,
  betterAuth,
  appauth,
  ...READERS,
];
