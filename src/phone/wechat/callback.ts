import { createHash, timingSafeEqual } from 'node:crypto';
import type { Ledger } from '../../store/ledger.ts';
import type { WechatCipher } from './cipher.ts';
import { readMessage, writeMessage } from './message.ts';
import type { WechatMessage } from './message.ts';

export interface WechatCallbackOptions {
  readonly ledger: Ledger;
  /** The token that the official account's callback is configured with. */
  readonly token: string;
  /** Absent: the account sends its messages in plain. */
  readonly cipher: WechatCipher | undefined;
  readonly makeId: () => string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Told what an operator can mend, in words without a secret. */
  readonly note: (why: string) => void;
}

/** The query of a call of WeChat's to the official account's address: what it proves itself by. */
export interface WechatProof {
  readonly signature: string;
  readonly timestamp: string;
  readonly nonce: string;
  /** Over the hidden message too; there in the safe and the compatible mode. */
  readonly msg_signature?: string | undefined;
}

/** Someone scanned a scene code; a text in reply is shown to them in their chat with the account. */
export interface SceneScan {
  readonly scene: string;
  /** Makes the reply's XML, hidden where the message was. */
  reply(text: string): string;
}

/** A call that is WeChat's. */
export interface HeardCall {
  /** Whether this very call was heard before: WeChat makes it again where it got no answer within 5 s. */
  readonly repeated: boolean;
  /** The scan that it tells of; undefined for any other message. */
  readonly scan: SceneScan | undefined;
  /** Lets it be heard again: it could not be answered. */
  forget(): Promise<void>;
}

/** What the official account's address at the gateway is told. */
export interface WechatCallback {
  /** Undefined for a call that is not WeChat's or not fresh, or that comes again with another body. */
  hear(proof: WechatProof, body: string): Promise<HeardCall | undefined>;
}

const FRESH_MS = 300_000;
const SHAPE = /^[A-Za-z0-9_.-]{1,64}$/;

/** Hears one official account. */
export function wechatCallback(options: WechatCallbackOptions): WechatCallback {
  const { ledger, now } = options;
  const proven = prover(options);

  function isFresh(timestamp: string): boolean {
    return /^\d{1,12}$/.test(timestamp) && Math.abs(now() - Number(timestamp) * 1000) <= FRESH_MS;
  }

  return {
    async hear(proof, body) {
      if (!isFresh(proof.timestamp)) return undefined;
      const found = proven(proof, body);
      if (found === undefined) return undefined;
      const { message, signature } = found;
      const key = `wechat-call:${signature}`;
      const print = createHash('sha256').update(body).digest('base64url');
      const { stored, value } = await ledger.putIfAbsent(key, print, 2 * FRESH_MS);
      if (!stored && value !== print) return undefined;
      const scene = sceneOf(message);
      return {
        repeated: !stored,
        scan: scene === undefined ? undefined : { scene, reply: (text) => replyTo(message, text, options) },
        forget: async () => void (await ledger.delete(key, print)),
      };
    },
  };
}

/** What a call says, and the signature that proves it. */
interface Proven {
  readonly message: WechatMessage;
  readonly signature: string;
}

function prover(options: WechatCallbackOptions) {
  const { note } = options;

  function readHidden(by: WechatCipher, hidden: string): WechatMessage | undefined {
    const opened = by.open(hidden);
    if (opened !== undefined) return readMessage(opened);
    note('a message cannot be decrypted: is the EncodingAESKey right?');
    return undefined;
  }

  function readPlain(message: WechatMessage, cipher: WechatCipher | undefined): WechatMessage | undefined {
    const isPlain = 'MsgType' in message;
    if (cipher === undefined && !isPlain && 'Encrypt' in message)
      note('messages come encrypted, and there is no EncodingAESKey to read them with');
    if (cipher === undefined || !isPlain) return message;
    note('a message came in plain, though there is an EncodingAESKey: it is not heard');
    return undefined;
  }

  return (proof: WechatProof, body: string): Proven | undefined => {
    const { token, cipher } = options;
    const { timestamp, nonce, signature: given, msg_signature: overMessage = '' } = proof;
    const sent = readMessage(body);
    const { Encrypt: hidden } = sent;
    const hides = cipher !== undefined && hidden !== undefined;
    const signature = sign(token, timestamp, nonce, ...(hides ? [hidden] : []));
    if (!equal(signature, hides ? overMessage : given)) return undefined;
    const message = hides ? readHidden(cipher, hidden) : readPlain(sent, cipher);
    return message && { message, signature };
  };
}

function replyTo(
  { FromUserName: from = '', ToUserName: to = '' }: WechatMessage,
  text: string,
  { token, cipher, makeId, now }: WechatCallbackOptions,
): string {
  const seconds = Math.floor(now() / 1000);
  const members = { ToUserName: from, FromUserName: to, CreateTime: seconds, MsgType: 'text', Content: text };
  if (cipher === undefined) return writeMessage(members);
  const hidden = cipher.seal(writeMessage(members));
  const nonce = makeId();
  const signature = sign(token, String(seconds), nonce, hidden);
  return writeMessage({ Encrypt: hidden, MsgSignature: signature, TimeStamp: seconds, Nonce: nonce });
}

function sign(...parts: readonly string[]): string {
  return createHash('sha1')
    .update([...parts].sort().join(''))
    .digest('hex');
}

function sceneOf(message: WechatMessage): string | undefined {
  const { MsgType: type, Event: event, EventKey: key, FromUserName: from, ToUserName: to } = message;
  if (type !== 'event' || key === undefined || from === undefined || to === undefined) return undefined;
  const scene = event === 'SCAN' ? key : event === 'subscribe' ? key.replace(/^qrscene_/, '') : '';
  return SHAPE.test(scene) ? scene : undefined;
}

function equal(right: string, given: string): boolean {
  const [one, other] = [Buffer.from(right, 'hex'), Buffer.from(given, 'hex')];
  return one.length === other.length && timingSafeEqual(one, other);
}
