import type { Subject } from '../subject.ts';
import type { Environment } from './disk/environment.ts';
import { headRange, subjectOfHead } from './keys.ts';

/** Keys that one step looks at. */
const PAGE = 200;

/** All heads of sessions and tickets, those that ended not long ago among them. Their keys stay where they are. */
export async function* livingSubjects(environment: Environment): AsyncGenerator<readonly Subject[]> {
  let behind: Subject | undefined;
  for (;;) {
    environment.refresh();
    const keys = environment.keys(headRange(behind), PAGE);
    const subjects = keys.map(subjectOfHead);
    yield await Promise.resolve(subjects);
    behind = subjects.at(-1);
    if (keys.length < PAGE) return;
  }
}
