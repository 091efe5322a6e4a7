/**
 * How far a member of a fence is with putting back what it remembers: nobody has heard of it yet; it found the fence; it
 * has also tried everything, and what is left waits for others; it has nothing left. `struck`: the others go on without it.
 */
export type Stage = 'expected' | 'found' | 'tried' | 'healed' | 'struck';

/** A node that a fence knows. */
export interface Member {
  readonly id: string;
  readonly stage: Stage;
  /** Counts how often it was heard of. */
  readonly beat: number;
  /** {@link Fence.brought} as it was when the member last began to try everything that it has left. */
  readonly seen: number;
}

/**
 * The fence of one partition, which the functions keep beside its data: events are appended while it is open, and only by
 * those who name its token. One that goes up heals first: its members put back what they remember.
 */
export interface Fence {
  /** Names it. It begins with the history of the server under which the fence went up, and a dot. */
  readonly token: string;
  readonly isOpen: boolean;
  /** How many events were put back while it heals. */
  readonly brought: number;
  /** While it heals: all of them. Once it is open: those who were struck. */
  readonly members: readonly Member[];
}

const SHAPE = /^(\S+) (open|healing) \d+ \d+ (\d+) (\S+)$/;

/** Reads a fence as the functions keep it (migrations/0001-event-store.lua). @throws Error where it is of another shape. */
export function parseFence(text: string): Fence {
  const fields = SHAPE.exec(text);
  if (fields === null) throw new Error(`not a fence: ${text.slice(0, 80)}`);
  const members = fields[4] === '-' ? [] : (fields[4] as string).split(';').map(parseMember);
  return { token: fields[1] as string, isOpen: fields[2] === 'open', brought: Number(fields[3]), members };
}

/** The token of a fence, without reading the rest. */
export function tokenOfFence(text: string): string {
  return text.slice(0, text.indexOf(' '));
}

function parseMember(text: string): Member {
  const [id, stage, beat, seen] = text.split(',');
  return { id: id as string, stage: stage as Stage, beat: Number(beat), seen: Number(seen) };
}
