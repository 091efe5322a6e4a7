import { OUTDATED, WechatRefusal } from './api.ts';
import { sharedToken } from './shared-token.ts';
import type { SharedTokenOptions } from './shared-token.ts';

export type WechatCredentialOptions = SharedTokenOptions;

/** Calls that need the server's credential. */
export interface WechatCredential {
  /**
   * Runs a call with the token; once more with another one where WeChat says that it is outdated.
   *
   * @throws WechatRefusal; PhoneSourceAway where there is no token to be had, or its quota is used up.
   */
  through(run: (token: string) => Promise<Record<string, unknown>>): Promise<Record<string, unknown>>;
}

/** The server's credential at one account. */
export function wechatCredential(options: WechatCredentialOptions): WechatCredential {
  const token = sharedToken(options);
  return {
    async through(run) {
      const first = await token.otherThan(undefined);
      try {
        return await run(first);
      } catch (error) {
        await token.heed(error);
        if (!(error instanceof WechatRefusal) || !OUTDATED.includes(error.code)) throw error;
      }
      return await run(await token.otherThan(first));
    },
  };
}
