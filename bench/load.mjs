/** Two ways to make load: as much as is answered, or so many a second whatever is answered. */
import { percentile } from './figures.mjs';

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
 * `work(number)` begins `perSecond` times a second and never waits for the slow ones. It answers when its work was done,
 * by performance.now(); how long that is counts from when it was due, so that a server which stalls is not spared the
 * requests that it kept from being sent (coordinated omission).
 */
export async function openLoop({ perSecond, seconds, work }) {
  const begun = performance.now();
  const count = Math.round(perSecond * seconds);
  const took = [];
  const all = [];
  for (let number = 0; number < count; number += 1) {
    const due = begun + (number * 1000) / perSecond;
    const wait = due - performance.now();
    if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait));
    all.push(work(number).then((doneAt = performance.now()) => took.push(doneAt - due)));
  }
  await Promise.all(all);
  took.sort((one, other) => one - other);
  return { count, p50: percentile(took, 0.5), p99: percentile(took, 0.99), p999: percentile(took, 0.999) };
}
