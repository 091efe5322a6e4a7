import { browserPlatform } from './browser-platform.ts';
import { defineScanLogin } from './scan-login.ts';
import type { SignInOptions } from './sign-in-options.ts';
import { startSignInOn, type SignIn } from './sign-in.ts';

export type { Notice, SignInRefusal, SignInResult, TicketStatus } from './notice.ts';
export type { Platform } from './platform.ts';
export type { RenderOptions } from './render.ts';
export type { ResultDetail } from './scan-login.ts';
export type { SignInOptions } from './sign-in-options.ts';
export type { SignInState } from './sign-in-state.ts';
export type { SignIn } from './sign-in.ts';
export type { TransportName } from './transport.ts';
export { followResult, keepVerifier, takeVerifier } from './follow.ts';
export { render } from './render.ts';
export { startSignInOn } from './sign-in.ts';

/** Starts a sign-in without a picture, for pages that draw their own. */
export function startSignIn(options: SignInOptions): SignIn {
  return startSignInOn(browserPlatform(), options);
}

defineScanLogin();
