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
  /** Everything may work again, the network being another one. */
  restart(): void;
}

/** A ladder over transports, best first; there is at least one. */
export function createLadder(transports: readonly [Transport, ...Transport[]]): Ladder {
  let at = 0;
  let strikes = 0;
  let proven = false;
  const move = (to: number): void => {
    at = to;
    strikes = 0;
    proven = false;
  };
  return {
    current: () => transports[at] ?? transports[0],
    prove() {
      proven = true;
      strikes = 0;
    },
    proven: () => proven,
    strike(forGood) {
      strikes += 1;
      const allowed = proven ? STRIKES_PROVEN : STRIKES_NEW;
      if ((forGood || strikes >= allowed) && at < transports.length - 1) move(at + 1);
    },
    restart() {
      move(0);
    },
  };
}
