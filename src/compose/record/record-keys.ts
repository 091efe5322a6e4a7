import type { Archive } from '../../record/archive.ts';
import { recordKeyJwk, signedHead } from '../../record/chain/signed-head.ts';
import type { RecordKeyJwk, SignedHead } from '../../record/chain/signed-head.ts';
import type { ChainHead } from '../../record/chain/link.ts';
import type { Recorder } from '../../record/keeping/recorder.ts';
import { keysIn } from '../../record/search/keys.ts';
import type { KeyRing } from '../../secrets/key-ring.ts';
import { recordKeys } from '../../secrets/record-keys.ts';
import type { Time } from '../../time/time.ts';

/** How often a key that is in use is written to the record once more, in milliseconds: entries are let go, and keys must outlast them. */
const WRITE_MS = 86_400_000;
/** How long the list of published keys is kept, in milliseconds. */
const LIST_MS = 60_000;

/** The keys that sign the record: those of the ring, and the public halves of those that the ring has no longer. */
export class RecordKeys {
  readonly #ring: KeyRing;
  readonly #time: Time;
  #written = '';
  #writtenAt = 0;
  #listed: Promise<readonly RecordKeyJwk[]> | undefined;
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

  /** Signs where the chains stand, and sees to it that the key is in the record. */
  async sign(recorder: Recorder): Promise<void> {
    const [jwk] = this.#own();
    if (jwk !== undefined && (jwk.kid !== this.#written || this.#time.now() - this.#writtenAt > WRITE_MS)) {
      recorder.report({ kind: 'record_key', key: jwk });
      this.#written = jwk.kid;
      this.#writtenAt = this.#time.now();
    }
    await recorder.sign();
  }

  /** Every key that an entry of the archive may be signed by. */
  async published(archive: Archive): Promise<readonly RecordKeyJwk[]> {
    if (this.#listed === undefined || this.#time.now() - this.#listedAt > LIST_MS) {
      this.#listedAt = this.#time.now();
      this.#listed = keysIn(archive);
      this.#listed.catch(() => (this.#listed = undefined));
    }
    const own = this.#own();
    const kids = new Set(own.map(({ kid }) => kid));
    return [...own, ...(await this.#listed).filter(({ kid }) => !kids.has(kid))];
  }

  #own(): readonly RecordKeyJwk[] {
    return recordKeys(this.#ring).map(recordKeyJwk);
  }
}
