import type { Transport } from './transport.ts';

const STRIKES_PROVEN = 2;
const STRIKES_NEW = 1;

/** Which way to wait is used: the best that still works. */
export interface Ladder {
  current(): Transport;
  /** The current transport brought a notice. */
  prove(): void;
  proven(): boolean;
  /** The current transport failed; after too many it falls on to the next. The last never falls. */
  strike(forGood: boolean): void;
  /** While it rests, the last transport stands in for a scarce one, whose place stays as it was. */
  rest(resting: boolean): void;
  /** Everything may work again, the network being another one. */
  restart(): void;
}

/** A ladder over transports, best first; there is at least one. */
export function makeLadder(transports: readonly [Transport, ...Transport[]]): Ladder {
  const last = transports.length - 1;
  let at = 0;
  let strikes = 0;
  let proven = false;
  let resting = false;
  const best = (): Transport => transports[at] ?? transports[0];
  const stoodIn = (): boolean => resting && best().scarce && at < last;
  const move = (to: number): void => {
    at = to;
    strikes = 0;
    proven = false;
  };
  return {
    current: () => (stoodIn() ? (transports[last] ?? best()) : best()),
    prove() {
      if (stoodIn()) return;
      proven = true;
      strikes = 0;
    },
    proven: () => proven,
    strike(forGood) {
      if (stoodIn()) return;
      strikes += 1;
      const allowed = proven ? STRIKES_PROVEN : STRIKES_NEW;
      if ((forGood || strikes >= allowed) && at < last) move(at + 1);
    },
    rest(now) {
      resting = now;
    },
    restart() {
      move(0);
    },
  };
}
