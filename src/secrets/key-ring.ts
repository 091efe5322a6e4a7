import { createHash, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

/** One secret of the ring: 32 random bytes, and a public id that events may record. */
interface RingKey {
  readonly id: string;
  readonly bytes: Buffer;
  readonly purposes: Map<string, Buffer>;
}

/** Bytes of a MAC: 128 bits, 22 characters of base64url. */
const MAC_BYTES = 16;

/**
 * The gateway's secrets. The first makes, all check. Each purpose has its own key by HKDF-SHA-256 (RFC 5869), and a
 * MAC's input is a length-prefixed list, so that no two lists collide.
 */
export class KeyRing {
  #keys: readonly RingKey[];

  /** @param secrets each 32 random bytes in base64url, the making one first. */
  constructor(secrets: readonly string[]) {
    this.#keys = keysOf(secrets);
  }

  /** Goes on with other secrets, as in a rotation. @param secrets as in the constructor. */
  replace(secrets: readonly string[]): void {
    this.#keys = keysOf(secrets);
  }

  /** The id of the key that makes. */
  get makingId(): string {
    return this.#first().id;
  }

  /** The ids of all keys, the making one first. */
  get ids(): readonly string[] {
    return this.#keys.map((key) => key.id);
  }

  /** 32 bytes that belong to one key and one purpose alone; undefined for a key that is no longer in the ring. */
  derive(id: string, purpose: string): Buffer | undefined {
    const key = this.#keys.find((candidate) => candidate.id === id);
    return key === undefined ? undefined : purposeKey(key, purpose);
  }

  /** The MAC of a list under a key's purpose, in base64url; undefined for a key that is no longer in the ring. */
  mac(id: string, purpose: string, list: readonly string[]): string | undefined {
    const key = this.derive(id, purpose);
    return key === undefined ? undefined : macOf(key, list).toString('base64url');
  }

  /** The id of the key under which a MAC is right, found in constant time per key; undefined where none is. */
  check(mac: string, purpose: string, list: readonly string[]): string | undefined {
    const given = Buffer.from(mac, 'base64url');
    if (given.length !== MAC_BYTES || given.toString('base64url') !== mac) return undefined;
    let found: string | undefined;
    for (const key of this.#keys) {
      if (timingSafeEqual(given, macOf(purposeKey(key, purpose), list))) found ??= key.id;
    }
    return found;
  }

  #first(): RingKey {
    const [first] = this.#keys;
    if (first === undefined) throw new Error('a key ring needs a secret');
    return first;
  }
}

function keysOf(secrets: readonly string[]): readonly RingKey[] {
  if (secrets.length === 0) throw new Error('a key ring needs a secret');
  return secrets.map((secret) => {
    const bytes = Buffer.from(secret, 'base64url');
    if (bytes.length !== 32) throw new Error('a secret must be 32 bytes in base64url');
    return { id: keyId(bytes), bytes, purposes: new Map() };
  });
}

function keyId(bytes: Buffer): string {
  return createHash('sha256').update('scangate key id').update(bytes).digest('base64url').slice(0, 8);
}

function purposeKey(key: RingKey, purpose: string): Buffer {
  const known = key.purposes.get(purpose);
  if (known !== undefined) return known;
  const made = Buffer.from(hkdfSync('sha256', key.bytes, '', `scangate/1/${purpose}`, 32));
  key.purposes.set(purpose, made);
  return made;
}

function macOf(key: Buffer, list: readonly string[]): Buffer {
  const hmac = createHmac('sha256', key);
  const length = Buffer.alloc(4);
  for (const item of list) {
    const bytes = Buffer.from(item, 'utf8');
    length.writeUInt32BE(bytes.length);
    hmac.update(length).update(bytes);
  }
  return hmac.digest().subarray(0, MAC_BYTES);
}
