/** What a receiver is told once. */
export interface Message {
  /** The audit event's id, in decimal; of a gap that of the last event that was let go. */
  readonly id: string;
  /** Messages of one subject are told one after the other. */
  readonly subject: string;
  /** The audit event as the record keeps it: what tells of a person stays sealed while it waits. */
  readonly text: string;
}

/** A message, and whom it is for. */
export interface AddressedMessage extends Message {
  readonly receiver: string;
}

/** A message that waits to be delivered. */
export interface WaitingMessage extends Message {
  /** Its name in the queue; see {@link MessageQueue.take}. */
  readonly place: string;
  /** How often it was tried. */
  readonly tries: number;
  /** How long ago that was for the last time, in milliseconds. */
  readonly triedAgoMs: number;
}

/** A message that nobody tries to deliver any more. */
export interface DeadLetter extends Message {
  readonly place: string;
  readonly tries: number;
  /** What became of the last try, in a word. */
  readonly reason: string;
  /** When it was given up, in milliseconds since the epoch. */
  readonly at: number;
}

/** Messages that were let go undelivered, the oldest first, because more waited than the queue may hold. */
export interface Gap {
  readonly count: number;
  /** The ids of the first and the last of them. */
  readonly from: string;
  readonly to: string;
}

/** What a node was given to deliver. */
export interface Taken {
  /** The messages are the first that this node has of the receiver: what it had in hand before may be another's by now. */
  readonly anew: boolean;
  /** In the order in which they were put. */
  readonly messages: readonly WaitingMessage[];
  /** Undefined: nothing was let go that no message tells of. */
  readonly gap: Gap | undefined;
  /** How many wait in all. */
  readonly waiting: number;
}

export interface TakeOptions {
  /** How many at most. */
  readonly limit: number;
  /** The last place that this node was given; undefined: it has nothing in hand, and begins with the first. */
  readonly after: string | undefined;
  /** Whether this node has messages of the receiver in hand: only then it keeps the receiver to itself. */
  readonly inHand: boolean;
}

/** How a receiver's queue stands. */
export interface QueueFigures {
  readonly waiting: number;
  readonly dead: number;
  /** How many were let go undelivered. */
  readonly gone: number;
}

/** A link of each chain. */
export type Links = ReadonlyMap<number, number>;

/** A chain of the record has been read from one link up to another. */
export interface ChainMove {
  readonly chain: number;
  /** The last link that was read before; 0: none. */
  readonly from: number;
  readonly to: number;
}

/** How many dead letters are kept of a receiver; of more, the oldest go. */
export const DEAD_MAX = 1000;
/** For so long a queue is kept whose receiver is told nothing any more, in milliseconds. */
export const IDLE_KEEP_MS = 40 * 24 * 3_600_000;
/** What a message takes besides its text, in bytes. */
export const MESSAGE_BYTES = 200;

/**
 * What waits to be delivered, a queue for each receiver, and how far the record has been read for them. The promises every keeper
 * keeps:
 *
 * - **At least once.** What is put stays until it is delivered, buried, or more waits than the bound in bytes lets; then the
 *   oldest go, and a {@link Gap} says how many. Messages and how far the record was read are one step: none is put twice.
 * - **In order.** Messages are given in the order in which they were put.
 * - **One node a receiver.** Another one is given nothing while this one has messages in hand and takes again and again. What
 *   a node had in hand that is gone, another is given once the lease is over.
 * - Each call is one atomic step, which may be asked again where its answer was lost, and throws `StoreUnavailable` where the
 *   keeper is away.
 */
export interface MessageQueue {
  /** How far each chain was read; undefined: nobody ever has. */
  read(): Promise<Links | undefined>;

  /** Begins to read behind these links; nothing where somebody has begun. */
  begin(links: Links): Promise<void>;

  /** Behind which links these are told, where not all that is read is for them. Who is not in it has not joined, and was never told anything. */
  joined(receivers: readonly string[]): Promise<ReadonlyMap<string, Links>>;

  /** These are told what stands behind these links; nothing for one that joined, or was told something, before. */
  join(receivers: readonly string[], links: Links): Promise<void>;

  /**
   * Puts messages, and moves how far chains were read; false, and nothing is put, where one of them stands elsewhere. Where one moves
   * back, its chain began anew, and who joined behind links of the old one is told all.
   */
  put(moves: readonly ChainMove[], messages: readonly AddressedMessage[]): Promise<boolean>;

  /** Gives messages to this node, and renews its lease; undefined: another node has the receiver. */
  take(receiver: string, options: TakeOptions): Promise<Taken | undefined>;

  /** Remembers that a message was tried, so often by now. */
  tried(receiver: string, place: string, tries: number): Promise<void>;

  delivered(receiver: string, place: string): Promise<void>;

  /** Gives a message up: it is kept as a dead letter. Nothing where another node has the receiver. */
  bury(receiver: string, place: string, tries: number, reason: string): Promise<void>;

  /** Puts the message that tells of a gap in its place; nothing where the gap has grown meanwhile. */
  fillGap(receiver: string, gap: Gap, message: Message): Promise<void>;

  /** Lets another node have the receiver at once. */
  release(receiver: string): Promise<void>;

  close(): Promise<void>;
}

/** The same queues as an operator sees them. */
export interface DeadLetters {
  figures(receiver: string): Promise<QueueFigures>;

  /** Dead letters, the oldest first. @param after the place of the last one of the page before. */
  dead(receiver: string, after: string | undefined, limit: number): Promise<readonly DeadLetter[]>;

  /** Puts dead letters at the end of the queue again, as if they had never been tried; a node that delivers takes them up. */
  replay(receiver: string, places: readonly string[]): Promise<void>;

  close(): Promise<void>;
}
