import { describe, test } from '@jest/globals';

/** A case that asks for what this gateway is not: why, and what is played in its place. */
export interface NotOurs {
  readonly notOurs: string;
  readonly instead: () => Promise<void>;
}

/** How a case of a plan holds here. */
export type PlanCase = (() => Promise<void>) | NotOurs;

/** Plays the cases of one of the OpenID Foundation's plans, each a test named after its case. */
export function playPlan(plan: string, cases: Readonly<Record<string, PlanCase>>): void {
  describe(plan, () => {
    for (const [name, play] of Object.entries(cases)) {
      if (typeof play === 'function') test(name, play);
      else test(`${name}, not ours: ${play.notOurs}`, play.instead);
    }
  });
}
