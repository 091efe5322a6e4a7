import { describe, expect, test } from '@jest/globals';
import { ticketSubject } from '../../src/store/subject.ts';
import { Hub } from '../../src/watch/hub.ts';
import { seeded } from '../support/random.ts';

const one = ticketSubject('AAAAAAAAAAAAAAAAAAAAAA');
const other = ticketSubject('BBBBBBBBBBBBBBBBBBBBBB');

function watcher(): { woken: number; wake(): void } {
  return {
    woken: 0,
    wake() {
      this.woken += 1;
    },
  };
}

describe('the hub', () => {
  test('wakes who waits for the subject, and nobody else', () => {
    const hub = new Hub();
    const [first, second, third] = [watcher(), watcher(), watcher()];
    hub.add(one, first);
    hub.add(one, second);
    hub.add(other, third);
    hub.wake(one);
    expect([first.woken, second.woken, third.woken]).toEqual([1, 1, 0]);
    hub.wake(ticketSubject('CCCCCCCCCCCCCCCCCCCCCC'));
    expect([first.woken, second.woken, third.woken]).toEqual([1, 1, 0]);
  });

  test(
    'counts right whatever comes and goes, and keeps nothing of a subject without watchers',
    seeded((random) => {
      const hub = new Hub();
      const subjects = Array.from({ length: 5 }, (_, index) => ticketSubject(`${index}`.repeat(22)));
      const model = subjects.map(() => new Set<ReturnType<typeof watcher>>());
      for (let step = 0; step < 5000; step += 1) {
        const index = random.between(0, 4);
        const there = model[index]!;
        const action = random.next();
        if (action < 0.45) {
          const fresh = watcher();
          there.add(fresh);
          hub.add(subjects[index]!, fresh);
        } else if (action < 0.9) {
          const gone = random.chance(0.1) || there.size === 0 ? watcher() : random.pick([...there]);
          there.delete(gone);
          hub.remove(subjects[index]!, gone);
        } else {
          for (const each of there) each.woken = 0;
          hub.wake(subjects[index]!);
          for (const each of there) expect(each.woken).toBe(1);
        }
        expect(hub.size).toBe(model.reduce((sum, set) => sum + set.size, 0));
        expect([...hub.subjects()].length).toBe(model.filter((set) => set.size > 0).length);
      }
    }),
  );
});
