import type { Bench } from './bench.ts';

/** One promise of the wire, and how it is looked at. */
export interface Check {
  /** The part of the contract it belongs to; `--only` picks by this and by the name. */
  readonly group: string;
  readonly name: string;
  /** Waits for longer than a reader of the table would like to: runs with `--slow` only. */
  readonly slow?: boolean;
  /** @throws NotSo where the promise is broken, Skipped where it cannot be looked at here. */
  readonly run: (bench: Bench) => Promise<void>;
}
