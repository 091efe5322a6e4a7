import type { Schedule } from '../schedule/schedule.ts';
import { smallerThan } from '../schedule/shrinking.ts';
import { isBroken, summaryOf } from './summary.ts';

/** How many smaller schedules are played to find the smallest. */
const PLAYS_MAX = 150;

/** Makes a schedule that breaks a promise as small as it can be while it still breaks one. */
export async function smallestOf(schedule: Schedule, say: (text: string) => void): Promise<Schedule> {
  let smallest = schedule;
  let plays = 0;
  for (let found = true; found;) {
    found = false;
    for (const smaller of smallerThan(smallest)) {
      if (plays++ >= PLAYS_MAX) return smallest;
      if (!isBroken(await summaryOf(smaller))) continue;
      smallest = smaller;
      found = true;
      say(`smaller: ${sizeOf(smallest)}`);
      break;
    }
  }
  return smallest;
}

function sizeOf({ gateways, replicas, signIns, faults }: Schedule): string {
  return `${gateways} gateways, 1 + ${replicas}, ${signIns.length} people, ${faults.length} faults`;
}
