import type { OAuthServer } from '../oauth/server.ts';
import type { WechatScenes } from '../phone/wechat/scene.ts';
import type { SigningKeys } from '../secrets/signing-keys.ts';
import type { Header } from './answer/security-headers.ts';
import type { StaticFile } from './answer/static-files.ts';
import type { Route } from './request/route.ts';
import type { SocketRoute } from './request/socket-route.ts';
import { appleAssociationRoute, assetLinksRoute } from './routes/app-association.ts';
import { approvalPageRoute, deviceFolderRoute, devicePageRoute, pretendRoute } from './routes/approval.ts';
import type { ApprovalRouteParts } from './routes/approval.ts';
import { assetRoute } from './routes/assets.ts';
import { confirmRoute, denyRoute } from './routes/decisions.ts';
import { clientColorsRoute, clientLogoRoute } from './routes/client-looks.ts';
import type { ClientLooksParts } from './routes/client-looks.ts';
import type { DecisionRouteParts } from './routes/decisions.ts';
import { demoCallbackRoute } from './routes/demo-callback.ts';
import { docsPageRoute, docsStyleRoute, openApiRoute } from './routes/docs.ts';
import { liveRoute, readyRoute } from './routes/health.ts';
import type { HealthRouteParts } from './routes/health.ts';
import { mintTicketRoute } from './routes/mint.ts';
import type { MintRouteParts } from './routes/mint.ts';
import { authorizeByPostRoute, authorizeRoute } from './routes/oauth-authorize.ts';
import { deviceAuthorizationRoute } from './routes/oauth-device.ts';
import { jwksRoute } from './routes/oauth-keys.ts';
import { oauthMetadataRoute, openidConfigurationRoute } from './routes/oauth-metadata.ts';
import { logoutAskedRoute, logoutByPostRoute, logoutRoute } from './routes/oauth-logout.ts';
import { pushedRoute } from './routes/oauth-pushed.ts';
import { registerRoute, registrationRoutes } from './routes/oauth-registration.ts';
import { introspectRoute, revokeRoute } from './routes/oauth-token-state.ts';
import { tokenRoute } from './routes/oauth-token.ts';
import { userInfoByPostRoute, userInfoRoute } from './routes/oauth-userinfo.ts';
import { recordKeysRoute } from './routes/record-keys.ts';
import type { RecordKeysRouteParts } from './routes/record-keys.ts';
import { historyRoute } from './routes/history.ts';
import type { HistoryRouteParts } from './routes/history.ts';
import { formPostRoute } from './routes/form-post.ts';
import { pageSignOutRoute } from './routes/page-sign-out.ts';
import type { PageSignOutParts } from './routes/page-sign-out.ts';
import { finishPhoneSignInRoute, startPhoneSignInRoute } from './routes/phone-sign-in.ts';
import type { PhoneSignInParts } from './routes/phone-sign-in.ts';
import { returnPageRoute, returnRoute, sameDeviceRoute } from './routes/same-device.ts';
import { qrPngRoute, qrSvgRoute } from './routes/qr-codes.ts';
import { scanRoute } from './routes/scans.ts';
import type { ScanRouteParts } from './routes/scans.ts';
import { endSessionRoute, endSessionsRoute, listSessionsRoute } from './routes/session-list.ts';
import { sessionSocket } from './routes/session-socket.ts';
import {
  watchSessionByEventsRoute,
  watchSessionByPollRoute,
  watchSessionBySocketRoute,
} from './routes/session-watches.ts';
import type { SessionWatchParts } from './routes/session-watches.ts';
import {
  answerTicketPageRoute,
  plainSignInRoute,
  signInPageRoute,
  ticketPageRoute,
} from './routes/sign-in.ts';
import type { SignInRouteParts } from './routes/sign-in.ts';
import { ticketSocket } from './routes/ticket-socket.ts';
import { acceptTicketRoute, cancelTicketRoute, getTicketRoute } from './routes/tickets.ts';
import {
  watchTicketByEventsRoute,
  watchTicketByPollRoute,
  watchTicketBySocketRoute,
} from './routes/watches.ts';
import type { WatchRouteParts } from './routes/watches.ts';
import { hearWechatRoute, proveWechatAddressRoute, wechatCodeRoute } from './routes/wechat.ts';

/** Everything that a row takes its own parts from. */
export interface RouteTableParts
  extends
    MintRouteParts,
    ScanRouteParts,
    DecisionRouteParts,
    PageSignOutParts,
    SessionWatchParts,
    PhoneSignInParts,
    HealthRouteParts,
    SignInRouteParts,
    ApprovalRouteParts,
    HistoryRouteParts,
    RecordKeysRouteParts,
    ClientLooksParts {
  readonly presenter: MintRouteParts['presenter'];
  readonly pageEnds: PageSignOutParts['pageEnds'];
  /** The path of the public address without a slash at its end; `''` for none. */
  readonly basePath: string;
  readonly shared: WatchRouteParts['shared'];
  readonly oauth: OAuthServer;
  readonly keys: SigningKeys;
  /** Absent: there are no codes that WeChat itself scans. */
  readonly wechatScenes?: WechatScenes | undefined;
  readonly assets: ReadonlyMap<string, StaticFile>;
  /** The security headers of every answer. */
  readonly security: readonly Header[];
  /** The committed `openapi.yaml`. */
  readonly openapiFile: string;
}

/** Every address of the gateway, in the order of `openapi.yaml`. */
export function routeTable(parts: RouteTableParts): readonly Route[] {
  const { phoneApp, wechatScenes } = parts;
  const { registration } = parts.oauth;
  const wechat = wechatScenes && { ...parts, scenes: wechatScenes };
  return [
    mintTicketRoute(parts),
    getTicketRoute(parts),
    cancelTicketRoute(parts),
    acceptTicketRoute(parts),
    watchTicketByEventsRoute(parts),
    watchTicketByPollRoute(parts),
    watchTicketBySocketRoute(),
    qrSvgRoute(parts),
    qrPngRoute(parts),
    returnRoute(parts),
    scanRoute(parts),
    confirmRoute(parts),
    denyRoute(parts),

    authorizeRoute(parts),
    authorizeByPostRoute(parts),
    tokenRoute(parts),
    deviceAuthorizationRoute(parts),
    pushedRoute(parts),
    userInfoRoute(parts),
    userInfoByPostRoute(parts),
    introspectRoute(parts),
    revokeRoute(parts),
    logoutRoute(parts),
    logoutByPostRoute(parts),
    logoutAskedRoute(parts),
    ...(registration ? [registerRoute(registration), ...registrationRoutes(registration)] : []),
    jwksRoute(parts),
    openidConfigurationRoute(parts),
    oauthMetadataRoute(parts),
    recordKeysRoute(parts),

    listSessionsRoute(parts),
    endSessionRoute(parts),
    endSessionsRoute(parts),
    historyRoute(parts),
    watchSessionByEventsRoute(parts),
    watchSessionByPollRoute(parts),
    watchSessionBySocketRoute(),

    startPhoneSignInRoute(parts),
    finishPhoneSignInRoute(parts),
    pageSignOutRoute(parts),
    ...(wechat ? [wechatCodeRoute(wechat), proveWechatAddressRoute(wechat), hearWechatRoute(wechat)] : []),

    ...(phoneApp.ios.ids.length > 0 ? [appleAssociationRoute(phoneApp.ios, parts.basePath)] : []),
    ...(phoneApp.android.packages.length > 0 ? [assetLinksRoute(phoneApp.android)] : []),

    liveRoute(),
    readyRoute(parts),
    ...(parts.hasDocs ? [openApiRoute(parts), docsPageRoute(parts), docsStyleRoute()] : []),

    ...pageRoutes(parts),
  ];
}

/** The pages that people open, with their scripts and pictures. */
function pageRoutes(parts: RouteTableParts): readonly Route[] {
  return [
    signInPageRoute(parts),
    plainSignInRoute(parts),
    ticketPageRoute(parts),
    answerTicketPageRoute(parts),
    formPostRoute(parts),
    sameDeviceRoute(parts),
    returnPageRoute(parts),
    approvalPageRoute(parts),
    devicePageRoute(parts),
    deviceFolderRoute(parts),
    ...(parts.demo ? [pretendRoute(parts), demoCallbackRoute(parts)] : []),
    clientLogoRoute(parts),
    clientColorsRoute(parts),
    assetRoute(parts),
  ];
}

/** The addresses that are opened as WebSockets. */
export function socketTable(parts: RouteTableParts): readonly SocketRoute[] {
  return [ticketSocket(parts), sessionSocket(parts)];
}
