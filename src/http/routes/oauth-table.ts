import type { SessionCommands } from '../../command/session-commands.ts';
import type { ClientRegistry } from '../../oauth/clients/client.ts';
import type { OAuthServer } from '../../oauth/server.ts';
import type { PhoneIdentities } from '../../phone/identities.ts';
import type { SigningKeys } from '../../secrets/signing-keys.ts';
import type { WechatScenes } from '../../phone/wechat-scene.ts';
import { BrowserGate } from '../caller/browser-gate.ts';
import { Origins } from '../caller/origins.ts';
import type { Pages } from '../pages/pages.ts';
import { phoneCaller } from '../caller/phone-caller.ts';
import type { Route } from '../request/route.ts';
import type { TransportShared } from '../transports/transport.ts';
import type { TakeUpgrade } from '../upgrades.ts';
import { authorizeRoutes } from './oauth-authorize.ts';
import { deviceRoutes } from './oauth-device.ts';
import { keyRoutes } from './oauth-keys.ts';
import { metadataRoutes } from './oauth-metadata.ts';
import { pushedRoutes } from './oauth-pushed.ts';
import { tokenStateRoutes } from './oauth-token-state.ts';
import { tokenRoutes } from './oauth-token.ts';
import { userInfoRoutes } from './oauth-userinfo.ts';
import { phonePageRoutes } from './phone-sign-in.ts';
import type { PhonePageOptions } from './phone-sign-in.ts';
import { sessionGate } from './session-gate.ts';
import { sessionListRoutes } from './session-list.ts';
import { sessionPresenter } from './session-presenter.ts';
import { wechatRoutes } from './wechat.ts';
import { sessionUpgrades, sessionWatchRoutes } from './session-watches.ts';

/** What the routes of OAuth and of sessions are made of. */
export interface OAuthTableOptions {
  readonly issuer: string;
  readonly publicUrl: URL;
  readonly oauth: OAuthServer;
  readonly keys: SigningKeys;
  readonly sessions: SessionCommands;
  readonly clients: ClientRegistry;
  readonly phones: PhoneIdentities;
  readonly pages: Pages;
  /** Absent: there are no codes that WeChat itself scans. */
  readonly wechatScenes?: WechatScenes | undefined;
  readonly phonePages: Omit<PhonePageOptions, 'issuer' | 'phones'>;
  readonly shared: TransportShared;
  /** What a page that polls for its session is advised to wait, in milliseconds. */
  readonly retryAfterMs: number;
}

/** The rows for `EdgeOptions.routes`, and the sessions' sockets for `EdgeOptions.upgrades`. */
export interface OAuthTable {
  readonly routes: readonly Route[];
  readonly upgrades: TakeUpgrade;
}

/** Every address of OAuth and of sessions. */
export function oauthTable(options: OAuthTableOptions): OAuthTable {
  const { issuer, oauth, keys, sessions, clients, shared } = options;
  const origins = new Origins(options.publicUrl, clients);
  const presenter = sessionPresenter(sessions, options.retryAfterMs);
  const admit = sessionGate({ access: oauth.access, clients, origins, presenter });
  const caller = phoneCaller(options.phones, origins, options.publicUrl.protocol === 'https:');
  const { commands, secrets } = options.phonePages;
  const gate = new BrowserGate(secrets, clients, origins);
  return {
    routes: [
      ...authorizeRoutes(oauth.authorize, options.pages),
      ...tokenRoutes(oauth.token),
      ...deviceRoutes(oauth.deviceAuthorization, issuer),
      ...pushedRoutes(oauth.pushed),
      ...userInfoRoutes(oauth.userInfo),
      ...tokenStateRoutes(oauth.introspect, oauth.revoke),
      ...keyRoutes(keys),
      ...metadataRoutes(issuer),
      ...sessionListRoutes({ sessions, userSessions: oauth.userSessions, clients, caller }),
      ...sessionWatchRoutes(admit, shared),
      ...phonePageRoutes({ ...options.phonePages, issuer, phones: options.phones }),
      ...(options.wechatScenes === undefined
        ? []
        : wechatRoutes({ issuer, clients, gate, commands, secrets, scenes: options.wechatScenes })),
    ],
    upgrades: sessionUpgrades(admit, shared),
  };
}
