import type { WechatCallback } from './callback.ts';
import type { WechatCredential } from './credential.ts';
import { refusedGateway } from './api.ts';
import type { CallWechat } from './api.ts';

export interface WechatSceneOptions {
  readonly call: CallWechat;
  readonly credential: WechatCredential;
  readonly callback: WechatCallback;
}

/** A QR code that WeChat itself knows: scanning it with WeChat sends an event to the official account. */
export interface SceneCode {
  /** What the QR code says. */
  readonly url: string;
  /** Seconds. */
  readonly expiresIn: number;
}

/** Scene codes, and the events that come of them. A scan alone decides nothing: the reply leads to the approval page. */
export interface WechatScenes {
  /** @param scene 1 to 64 characters. @throws PhoneSourceAway, also where WeChat refuses the gateway. */
  create(scene: string, lifeMs: number): Promise<SceneCode>;
  readonly callback: WechatCallback;
}

const SECONDS_MAX = 2_592_000;

/** Makes scene codes of one official account. */
export function wechatScenes(options: WechatSceneOptions): WechatScenes {
  const { call, credential, callback } = options;

  return {
    callback,

    async create(scene, lifeMs) {
      const asked = {
        expire_seconds: Math.min(SECONDS_MAX, Math.max(1, Math.ceil(lifeMs / 1000))),
        action_name: 'QR_STR_SCENE',
        action_info: { scene: { scene_str: scene } },
      };
      const answer = await refusedGateway(
        credential.through((token) =>
          call({
            path: '/cgi-bin/qrcode/create',
            query: { access_token: token },
            json: asked,
            repeatable: true,
          }),
        ),
      );
      return { url: String(answer['url']), expiresIn: Number(answer['expire_seconds']) };
    },
  };
}
