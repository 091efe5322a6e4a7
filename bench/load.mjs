/** Two ways to make load: as much as is answered, or so many a second whatever is answered. */
import { percentile } from './figures.mjs';

/** What is left of a wait that timers of whole milliseconds are too coarse for. */
const FINE_MS = 1.2;
const never = new Int32Array(new SharedArrayBuffer(4));

/** Milliseconds of a clock that goes on alike in all processes of this machine. */
export function nowMs() {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** `work(worker)` again and again by `workers` at once: how often a second it was done. */
export async function closedLoop({ workers, seconds, work }) {
  const begun = performance.now();
  const end = begun + seconds * 1000;
  let done = 0;
  await Promise.all(
    Array.from({ length: workers }, async (_, worker) => {
      while (performance.now() < end) {
        await work(worker);
        done += 1;
      }
    }),
  );
  return { done, perSecond: done / ((performance.now() - begun) / 1000) };
}

/**
 * `work(number)` begins `perSecond` times a second and never waits for the slow ones. How long something took is to be counted
 * from when it was due, so that a server which stalls is not spared the requests that it kept from being sent (coordinated
 * omission).
 *
 * @returns when each was due and when its work was done, in the milliseconds of {@link nowMs}.
 */
export async function openLoop({ perSecond, count, work }) {
  const begun = nowMs();
  const due = Array.from({ length: count }, (_, number) => begun + (number * 1000) / perSecond);
  const done = [];
  const all = [];
  for (let number = 0; number < count; number += 1) {
    await untilDue(due[number]);
    const one = work(number).then(() => (done[number] = nowMs()));
    // What fails before all has begun is told behind that.
    one.catch(() => undefined);
    all.push(one);
  }
  await Promise.all(all);
  return { due, done };
}

/** Answers get their turn in any case, also where all is late. */
async function untilDue(due) {
  const wait = due - FINE_MS - nowMs();
  await new Promise((resolve) => (wait > 1 ? setTimeout(resolve, Math.floor(wait)) : setImmediate(resolve)));
  const left = due - nowMs();
  if (left > 0) Atomics.wait(never, 0, 0, left);
}

/** How late the work was: three percentiles, in milliseconds. */
export function lateness(due, done) {
  const took = due.map((at, number) => done[number] - at).sort((one, other) => one - other);
  return { p50: percentile(took, 0.5), p99: percentile(took, 0.99), p999: percentile(took, 0.999) };
}
