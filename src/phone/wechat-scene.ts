import { createHash, timingSafeEqual } from 'node:crypto';
import { XMLParser } from 'fast-xml-parser';
import type { Ledger } from '../store/ledger.ts';
import type { WechatCredential } from './wechat-credential.ts';
import type { CallWechat } from './wechat-api.ts';

export interface WechatSceneOptions {
  readonly call: CallWechat;
  readonly credential: WechatCredential;
  readonly ledger: Ledger;
  /** The token that the official account's callback is configured with. */
  readonly callbackToken: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** A QR code that WeChat itself knows: scanning it with WeChat sends an event to the official account. */
export interface SceneCode {
  /** What the QR code says. */
  readonly url: string;
  /** Seconds. */
  readonly expiresIn: number;
}

/** A call of WeChat's to the official account's address: what it proves itself by. */
export interface WechatSignature {
  readonly signature: string;
  readonly timestamp: string;
  readonly nonce: string;
}

/** Someone scanned a scene code; a text in reply is shown to them in their chat with the account. */
export interface SceneScan {
  readonly scene: string;
  /** Makes the reply's XML. */
  reply(text: string): string;
}

/** Scene codes, and the events that come of them. A scan alone decides nothing: the reply leads to the approval page. */
export interface WechatScenes {
  /** @param scene 1 to 64 characters. @throws WechatRefusal; PhoneSourceAway. */
  create(scene: string, lifeMs: number): Promise<SceneCode>;
  /** Whether a call is WeChat's, fresh, and was never made before. */
  admit(signed: WechatSignature): Promise<boolean>;
  /** The scan that an event tells of; undefined for any other message. */
  read(xml: string): SceneScan | undefined;
}

const FRESH_MS = 300_000;
const SECONDS_MAX = 2_592_000;
const SHAPE = /^[A-Za-z0-9_.-]{1,64}$/;

/** Makes scene codes of one official account. */
export function wechatScenes(options: WechatSceneOptions): WechatScenes {
  const { call, credential, ledger, now } = options;
  const parser = new XMLParser({ ignoreAttributes: true, processEntities: false, parseTagValue: false });

  return {
    async create(scene, lifeMs) {
      const asked = {
        expire_seconds: Math.min(SECONDS_MAX, Math.max(1, Math.ceil(lifeMs / 1000))),
        action_name: 'QR_STR_SCENE',
        action_info: { scene: { scene_str: scene } },
      };
      const answer = await credential.through((token) =>
        call({
          path: '/cgi-bin/qrcode/create',
          query: { access_token: token },
          json: asked,
          repeatable: true,
        }),
      );
      return { url: String(answer['url']), expiresIn: Number(answer['expire_seconds']) };
    },

    async admit({ signature, timestamp, nonce }) {
      const list = [options.callbackToken, timestamp, nonce].sort().join('');
      const right = createHash('sha1').update(list).digest();
      const given = Buffer.from(signature, 'hex');
      if (given.length !== right.length || !timingSafeEqual(given, right)) return false;
      if (!/^\d{1,12}$/.test(timestamp) || Math.abs(now() - Number(timestamp) * 1000) > FRESH_MS)
        return false;
      const { stored } = await ledger.putIfAbsent(`wechat-call:${right.toString('hex')}`, '1', 2 * FRESH_MS);
      return stored;
    },

    read(xml) {
      const message = messageOf(parser, xml);
      const { MsgType: type, Event: event, EventKey: key, FromUserName: from, ToUserName: to } = message;
      if (type !== 'event' || key === undefined || from === undefined || to === undefined) return undefined;
      const scene = event === 'SCAN' ? key : event === 'subscribe' ? key.replace(/^qrscene_/, '') : '';
      if (!SHAPE.test(scene)) return undefined;
      return { scene, reply: (text) => replyXml(from, to, Math.floor(now() / 1000), text) };
    },
  };
}

function messageOf(parser: XMLParser, xml: string): Readonly<Record<string, string | undefined>> {
  try {
    const { xml: message } = parser.parse(xml) as { xml?: Readonly<Record<string, unknown>> };
    const texts = Object.entries(message ?? {}).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    );
    return Object.fromEntries(texts);
  } catch {
    return {};
  }
}

function replyXml(to: string, from: string, seconds: number, text: string): string {
  const cdata = (value: string): string => `<![CDATA[${value.replaceAll(']]>', '')}]]>`;
  return (
    `<xml><ToUserName>${cdata(to)}</ToUserName><FromUserName>${cdata(from)}</FromUserName>` +
    `<CreateTime>${seconds}</CreateTime><MsgType>${cdata('text')}</MsgType><Content>${cdata(text)}</Content></xml>`
  );
}
