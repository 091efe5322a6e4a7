/** A server, a Sentinel or a gateway, counted from 0; `master`: whoever is the master when it comes to it. */
export type Target =
  { readonly part: 'gateway' | 'server' | 'sentinel'; readonly index: number } | { readonly part: 'master' };

/** In which directions a process is cut off. */
export type Direction = 'both' | 'in' | 'out';

/** What happens to its targets, all at once. Durations in milliseconds; one that is absent lasts until everything is healed. */
export type Fault = {
  readonly atMs: number;
  readonly lastsMs?: number;
  /** From `atMs` on it waits until clients heard so many times that a scan or a confirmation was taken, and strikes then. */
  readonly onDecision?: number;
  /** One process, or all of one machine. */
  readonly targets: readonly Target[];
} & (
  | { readonly kind: 'freeze' | 'kill' | 'unplug' }
  /** Its server comes back with nothing after `lastsMs`; who had data on disk has it with `kill`. */
  | { readonly kind: 'empty' }
  /** Somebody deletes everything on the master, and so on its replicas, while all of them run. */
  | { readonly kind: 'flush' }
  /** `from`: those that it is cut off from; all where absent. */
  | { readonly kind: 'cut'; readonly direction: Direction; readonly from?: readonly Target[] }
  | { readonly kind: 'slow'; readonly delayMs: number }
  /** The way from the master to it is as slow as that. */
  | { readonly kind: 'lag'; readonly delayMs: number }
  /** A planned move, asked of a Sentinel. */
  | { readonly kind: 'move' }
  | { readonly kind: 'clock'; readonly stepMs: number }
);

/** How a sign-in ends. `race`: the browser cancels at about the time at which the phone confirms. */
export type Ending = 'confirm' | 'deny' | 'cancel' | 'leave' | 'race';

/** What one person does: at a browser, and with a phone. Durations in milliseconds. */
export interface SignIn {
  readonly atMs: number;
  /** How long it takes to get the phone out, and to decide. */
  readonly scanAfterMs: number;
  readonly decideAfterMs: number;
  readonly ending: Ending;
  /** How long after its decision the phone is met by the browser's cancellation, in a race. */
  readonly raceMs: number;
  /** Somebody else scans too, so long after the first. */
  readonly rivalAfterMs?: number;
  /** The code is used a second time, as a stolen one would be. */
  readonly redeemsTwice: boolean;
  /** Pauses before each refresh of the session. */
  readonly refreshAfterMs: readonly number[];
  readonly revokes: boolean;
  /** Whether each of the two keeps to one gateway while that one answers. */
  readonly sticky: boolean;
}

/** One simulation, whole. Its seed decides what is not said here: delays, ids, who is asked. */
export interface Schedule {
  readonly seed: number;
  readonly gateways: number;
  readonly replicas: 0 | 1 | 2;
  readonly durability: 'auto' | 'replicated' | 'acknowledged';
  readonly signIns: readonly SignIn[];
  readonly faults: readonly Fault[];
}
