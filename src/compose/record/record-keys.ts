import type { Archive } from '../../record/archive.ts';
import { recordKeyJwk, signedHead } from '../../record/chain/signed-head.ts';
import type { RecordKeyJwk, SignedHead } from '../../record/chain/signed-head.ts';
import type { ChainHead } from '../../record/chain/link.ts';
import { joinedKeys, vouchFor, vouchedKeys } from '../../record/chain/signed-key.ts';
import type { VouchedKey } from '../../record/chain/signed-key.ts';
import type { Recorder } from '../../record/keeping/recorder.ts';
import { keysIn } from '../../record/search/keys.ts';
import type { KeyRing } from '../../secrets/key-ring.ts';
import { recordKeys } from '../../secrets/record-keys.ts';
import type { Time } from '../../time/time.ts';

/** How often a key that is in use is written to the record once more, in milliseconds: entries are let go, and keys must outlast them. */
const WRITE_MS = 86_400_000;
/** How long the list of published keys is kept, in milliseconds. */
const LIST_MS = 60_000;

/**
 * Whether what a ring signs is sure to count as the gateways': its key is in the record, and no key is there that vouching
 * does not join to it. A secret may be an old or a wrong one, and a node of other secrets writes its key there, too.
 */
export async function isKnownSigner(ring: KeyRing, archive: Pick<Archive, 'find'>): Promise<boolean> {
  const [signing] = recordKeys(ring);
  if (signing === undefined) return false;
  const { kid } = recordKeyJwk(signing);
  const said = await keysIn(archive);
  const joined = joinedKeys(kid, said);
  return said.some(({ key }) => key.kid === kid) && said.every(({ key }) => joined.has(key.kid));
}

/** The keys that sign the record: those of the ring, and the public halves of those that the ring has no longer. */
export class RecordKeys {
  readonly #ring: KeyRing;
  readonly #time: Time;
  #written = '';
  #writtenAt = 0;
  #listed: Promise<readonly VouchedKey[]> | undefined;
  #listedAt = 0;

  constructor(ring: KeyRing, time: Time) {
    this.#ring = ring;
    this.#time = time;
  }

  readonly signHead = (chain: number, head: ChainHead): SignedHead => {
    const [key] = recordKeys(this.#ring);
    if (key === undefined) throw new Error('a key ring needs a secret');
    return signedHead(key, chain, head);
  };

  /** Signs where the chains stand, and sees to it that the keys are in the record, each vouched for by the one that signs. */
  async sign(recorder: Pick<Recorder, 'report' | 'sign'>): Promise<void> {
    const own = this.#own();
    const written = own.map(({ kid }) => kid).join(' ');
    const [signing] = recordKeys(this.#ring);
    const isDue = written !== this.#written || this.#time.now() - this.#writtenAt > WRITE_MS;
    if (signing !== undefined && isDue) {
      for (const key of own) recorder.report({ kind: 'record_key', key, vouch: vouchFor(key, signing) });
      this.#written = written;
      this.#writtenAt = this.#time.now();
    }
    await recorder.sign();
  }

  /** Every key that an entry of the archive may be signed by: the record's word alone makes none. */
  async published(archive: Pick<Archive, 'find'>): Promise<readonly RecordKeyJwk[]> {
    if (this.#listed === undefined || this.#time.now() - this.#listedAt > LIST_MS) {
      this.#listedAt = this.#time.now();
      this.#listed = keysIn(archive);
      this.#listed.catch(() => (this.#listed = undefined));
    }
    const own = this.#own();
    return [...own, ...vouchedKeys(own, await this.#listed)];
  }

  #own(): readonly RecordKeyJwk[] {
    return recordKeys(this.#ring).map(recordKeyJwk);
  }
}
