import type { Row } from './row.ts';
import { modAuthOpenidc, modAuthOpenidcByForm } from './rows/apache.ts';
import { appauth } from './rows/appauth.ts';
import { firefox } from './rows/firefox.ts';
import { GENERATORS } from './rows/generators.ts';
import { goOidc } from './rows/go.ts';
import { authCore, expressOpenidConnect, nextAuth4, passportOpenidconnect } from './rows/middlewares.ts';
import { oidcAgent, oidcAgentPublic } from './rows/oidc-agent.ts';
import { oauth4webapi, openidClient5, openidClient6 } from './rows/openid-client.ts';
import { betterAuth, oidcClientTs } from './rows/pages.ts';
import { prism } from './rows/prism.ts';
import { authlib, pythonWebsockets, requestsOauthlib } from './rows/python.ts';
import { READERS } from './rows/readers.ts';
import { rubyOpenidConnect } from './rows/ruby.ts';

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
  modAuthOpenidc,
  modAuthOpenidcByForm,
  oidcAgentPublic,
  oidcAgent,
  authlib,
  requestsOauthlib,
  goOidc,
  rubyOpenidConnect,
  ...READERS,
  pythonWebsockets,
  firefox,
  ...GENERATORS,
  prism,
];
