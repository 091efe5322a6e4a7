import type { Subject } from './subject.ts';

/**
 * All subjects that can still move, in pages: whatever was there when it began and has not ended meanwhile is named, once or
 * more often. One that comes meanwhile may be. It looks at the index of deadlines, or at the heads, and not at the log: so it
 * goes back as far as sessions live.
 *
 * @throws StoreUnavailable where a page did not come.
 */
export type LivingSubjects = () => AsyncIterable<readonly Subject[]>;
