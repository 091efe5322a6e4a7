import { every, sleep } from '../../../time/time.ts';
import type { Time } from '../../../time/time.ts';
import { partitionKeys } from '../../keys.ts';
import type { PartitionCalls } from '../connection/partition-calls.ts';
import { parseFence } from '../format/fence.ts';
import type { Fence, Member, Stage } from '../format/fence.ts';

const LOOK_EVERY_MS = 20;

/** How much of the time between two looks counts as silence: the server, or this node, may have stood still meanwhile. */
const SILENCE_A_LOOK_MS = 100;

/** How often a node that is at work lets itself be heard of, while another is waited for: as a part of how long it is. */
const BEATS = 8;

/** How long other nodes are waited for. */
export interface SettleSettings {
  /**
   * How long a node is waited for that is silent while events are put back, in milliseconds. One that is at work is waited
   * for as long as it takes.
   */
  readonly settleMaxMs: number;
}

/** The fences of some partitions that went up together, and this node among their members. */
export interface BarrierOptions {
  readonly calls: PartitionCalls;
  /** Each partition's token. */
  readonly tokens: ReadonlyMap<number, string>;
  readonly id: string;
  readonly settleMaxMs: number;
  readonly time: Time;
  /** Whether nobody waits any longer, because this node ends. */
  readonly stopped: () => boolean;
}

/** How long a member of one fence has been silent at one beat, in milliseconds. */
interface Silence {
  readonly beat: number;
  readonly ms: number;
}

/**
 * What a node says to fences that heal, asks of them, and does about silent members. Who may append is decided by the
 * fences themselves, in the functions: no clock of a node opens one. A clock says when to try to strike a silent member,
 * and the fence refuses that where the member was heard of since.
 */
export class Barrier {
  readonly #options: BarrierOptions;
  /** As last heard; none where a partition has another fence by now. */
  readonly #fences = new Map<number, Fence>();
  readonly #silences = new Map<string, Silence>();
  /** How much had been brought to each partition when the turn that is under way began. */
  readonly #seen = new Map<number, number>();
  /** The same of the last turn that is through: only that may be said, for a beat can come in the middle of a turn. */
  #tried: ReadonlyMap<number, number> = new Map();
  #stage: Stage = 'found';
  #lookedAt: number;
  #stopBeating = (): void => {};

  constructor(options: BarrierOptions, fences: readonly Fence[] = []) {
    this.#options = options;
    this.#lookedAt = options.time.now();
    for (const [i, partition] of [...options.tokens.keys()].entries()) {
      const fence = fences[i];
      if (fence !== undefined) this.#fences.set(partition, fence);
    }
  }

  /** Lets this node be heard of until it says that it is healed. */
  start(): void {
    const { time, settleMaxMs, stopped } = this.#options;
    this.#stopBeating = every(time, Math.max(LOOK_EVERY_MS, settleMaxMs / BEATS), () => {
      if (stopped()) this.#stopBeating();
      else void this.#say();
    });
  }

  /** Tells the others how far this node is. Settles once all fences that still heal have taken it. */
  async announce(stage: Stage): Promise<void> {
    this.#stage = stage;
    this.#tried = new Map(this.#seen);
    if (stage === 'healed') this.#stopBeating();
    while (!(await this.#say()) && !this.#options.stopped()) await sleep(this.#options.time, LOOK_EVERY_MS);
  }

  /** Settles when all fences are open, or others stand in their place. @returns who was struck. */
  async allOpen(): Promise<readonly string[]> {
    const struck = new Set<string>();
    while (!this.#options.stopped()) {
      await this.#look();
      for (const { isOpen, members } of this.#fences.values())
        for (const { id, stage } of members)
          if (isOpen && stage === 'struck' && id !== this.#options.id) struck.add(id);
      if (this.#healing().length === 0) break;
      await this.#strikeSilent();
      await sleep(this.#options.time, LOOK_EVERY_MS);
    }
    return [...struck];
  }

  /**
   * Whether no other node will bring anything that was not there before this was asked: the others are through, or all
   * have tried what they have left since anything came last.
   */
  async isOver(): Promise<boolean> {
    await this.#look();
    const over = this.#healing().every(([partition, { brought, members }]) =>
      members.every((member) =>
        member.id === this.#options.id ? this.#seen.get(partition) === brought : isThrough(member, brought),
      ),
    );
    for (const [partition, { brought }] of this.#fences) this.#seen.set(partition, brought);
    return over;
  }

  #healing(): readonly (readonly [partition: number, fence: Fence])[] {
    return [...this.#fences].filter(([, { isOpen }]) => !isOpen);
  }

  /** @returns whether all fences that still heal have taken it. */
  async #say(): Promise<boolean> {
    const { id } = this.#options;
    const said = this.#healing().map(([partition]) =>
      this.#call(partition, 'sg3_say', () => [id, this.#stage, this.#tried.get(partition) ?? 0]),
    );
    return (await Promise.all(said)).every(Boolean);
  }

  async #look(): Promise<void> {
    const { calls, tokens, time } = this.#options;
    const looks = this.#healing().map(async ([partition]) => {
      const key = partitionKeys(partition).fence;
      const text = await calls.call(partition, true, (link) => link.redis.get(key)).catch(() => undefined);
      if (text === undefined) return;
      const fence = text === null ? undefined : parseFence(text);
      this.#take(partition, fence?.token === tokens.get(partition) ? fence : undefined);
    });
    await Promise.all(looks);
    const passed = Math.min(SILENCE_A_LOOK_MS, time.now() - this.#lookedAt);
    this.#lookedAt = time.now();
    for (const [partition, { members }] of this.#healing())
      for (const { id, beat } of members) {
        const name = `${partition} ${id}`;
        const before = this.#silences.get(name);
        this.#silences.set(name, { beat, ms: before?.beat === beat ? before.ms + passed : 0 });
      }
  }

  async #strikeSilent(): Promise<void> {
    const { id: own, settleMaxMs } = this.#options;
    const strikes = this.#healing().flatMap(([partition, { members }]) =>
      members
        .filter(({ id, stage }) => id !== own && stage !== 'healed' && stage !== 'struck')
        .filter(({ id }) => (this.#silences.get(`${partition} ${id}`)?.ms ?? 0) >= settleMaxMs)
        .map(({ id, beat }) => this.#call(partition, 'sg3_strike', () => [id, beat])),
    );
    await Promise.all(strikes);
  }

  /**
   * Calls a function on one fence, and takes its answer in.
   *
   * @param args as they are at the moment that it is sent, which may be later.
   * @returns whether it was answered.
   */
  async #call(partition: number, name: string, args: () => readonly (string | number)[]): Promise<boolean> {
    const { calls, tokens } = this.#options;
    const key = partitionKeys(partition).fence;
    const token = tokens.get(partition) ?? '';
    try {
      const reply = await calls.call(partition, true, (link) =>
        link.redis.fcall(name, 1, key, token, ...args()),
      );
      const text = reply as string | null;
      this.#take(partition, text === null ? undefined : parseFence(text));
      return true;
    } catch {
      return false;
    }
  }

  #take(partition: number, fence: Fence | undefined): void {
    if (fence === undefined) this.#fences.delete(partition);
    else this.#fences.set(partition, fence);
  }
}

function isThrough({ stage, seen }: Member, brought: number): boolean {
  return stage === 'healed' || stage === 'struck' || (stage === 'tried' && seen === brought);
}
