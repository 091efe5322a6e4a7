import { createCipheriv, createDecipheriv } from 'node:crypto';

/** Hides messages between WeChat and an account's own server, as both know the EncodingAESKey. */
export interface WechatCipher {
  /** The XML that an `Encrypt` member hides; undefined where it was not made with this key for this account. */
  open(hidden: string): string | undefined;
  /** Hides XML. */
  seal(xml: string): string;
}

const KEY = /^[A-Za-z0-9+/]{43}$/;
/** WeChat pads to 32 bytes (PKCS #7), though the cipher's blocks have 16. */
const BLOCK = 32;
const NOISE_BYTES = 16;

/** Whether a text is an EncodingAESKey: 43 characters of base64. */
export function isEncodingAesKey(text: string): boolean {
  return KEY.test(text);
}

/**
 * AES-256-CBC over 16 random bytes, the length of the XML in 4 bytes, the XML, and the account's AppID.
 *
 * @param randomBytes so many random bytes.
 */
export function wechatCipher(
  encodingAesKey: string,
  appId: string,
  randomBytes: (count: number) => Uint8Array,
): WechatCipher {
  const key = Buffer.from(`${encodingAesKey}=`, 'base64');
  const start = key.subarray(0, 16);

  return {
    open(hidden) {
      const bytes = Buffer.from(hidden, 'base64');
      if (bytes.length === 0 || bytes.length % BLOCK !== 0) return undefined;
      const decipher = createDecipheriv('aes-256-cbc', key, start).setAutoPadding(false);
      const padded = Buffer.concat([decipher.update(bytes), decipher.final()]);
      const pad = padded.at(-1) ?? 0;
      const plain = padded.subarray(NOISE_BYTES, padded.length - pad);
      if (pad < 1 || pad > BLOCK || plain.length < 4) return undefined;
      const end = 4 + plain.readUInt32BE(0);
      return plain.subarray(end).toString('utf8') === appId
        ? plain.subarray(4, end).toString('utf8')
        : undefined;
    },

    seal(xml) {
      const text = Buffer.from(xml, 'utf8');
      const length = Buffer.alloc(4);
      length.writeUInt32BE(text.length);
      const plain = Buffer.concat([randomBytes(NOISE_BYTES), length, text, Buffer.from(appId, 'utf8')]);
      const pad = BLOCK - (plain.length % BLOCK);
      const cipher = createCipheriv('aes-256-cbc', key, start).setAutoPadding(false);
      return Buffer.concat([
        cipher.update(plain),
        cipher.update(Buffer.alloc(pad, pad)),
        cipher.final(),
      ]).toString('base64');
    },
  };
}
