/**
 * What one of those who vote about a master says of it and its replicas, in one answer: a Sentinel, or in a Cluster a
 * master.
 */
export interface VoterView {
  /** Names who says it: two addresses may lead to one. */
  readonly id: string;
  /** How many there are to vote, this one among them, the dead ones too. */
  readonly voters: number;
  /** The master, `<host>:<port>`. */
  readonly master: string;
  /** The config epoch: which of all failovers so far made that server the master. */
  readonly epoch: number;
  readonly replicas: readonly ReplicaView[];
}

/** A replica as one of them sees it. */
export interface ReplicaView {
  /** `<host>:<port>`. */
  readonly name: string;
  /** Whether it cannot be reached from there, and so would not be promoted. */
  readonly down: boolean;
}

/**
 * Reads what a Sentinel answers to `SENTINEL MYID`, `MASTER` and `REPLICAS`; the last two are flat lists of names and
 * values.
 *
 * @throws Error where the master's answer lacks what every Sentinel tells.
 */
export function readSentinel(id: unknown, master: unknown, replicas: unknown): VoterView {
  const fields = fieldsOf(master);
  const epoch = Number(fields.get('config-epoch'));
  const others = Number(fields.get('num-other-sentinels'));
  if (!Number.isInteger(epoch) || !Number.isInteger(others))
    throw new Error('not an answer of SENTINEL MASTER');
  return {
    id: String(id),
    master: nameOf(fields),
    epoch,
    voters: others + 1,
    replicas: (replicas as unknown[]).map((answer) => {
      const replica = fieldsOf(answer);
      return { name: nameOf(replica), down: UNREACHABLE.test(replica.get('flags') ?? '') };
    }),
  };
}

const UNREACHABLE = /\b(?:s_down|o_down|disconnected)\b/;

function nameOf(fields: ReadonlyMap<string, string>): string {
  return `${fields.get('ip') ?? ''}:${fields.get('port') ?? ''}`;
}

function fieldsOf(answer: unknown): ReadonlyMap<string, string> {
  const flat = answer as readonly string[];
  const fields = new Map<string, string>();
  for (let i = 0; i + 1 < flat.length; i += 2) fields.set(flat[i] as string, flat[i + 1] as string);
  return fields;
}

/**
 * Reads what a master of a Cluster answers to `CLUSTER NODES` about the master of some slots. Undefined where it does
 * not give all of them to one master, or is no master itself and so has no vote.
 */
export function readClusterNode(answer: string, slots: readonly number[]): VoterView | undefined {
  const nodes = answer.split('\n').filter(Boolean).map(readNode);
  const self = nodes.find(({ flags }) => flags.includes('myself'));
  const masters = nodes.filter(({ ranges }) => ranges.length > 0);
  const owners = masters.filter(({ ranges }) => slots.some((slot) => isIn(slot, ranges)));
  const [owner] = owners;
  if (self === undefined || !masters.includes(self) || owner === undefined || owners.length > 1)
    return undefined;
  if (!slots.every((slot) => isIn(slot, owner.ranges))) return undefined;
  return {
    id: self.id,
    voters: masters.length,
    master: owner.name,
    epoch: owner.epoch,
    replicas: nodes
      .filter(({ masterId }) => masterId === owner.id)
      .map(({ name, flags }) => ({ name, down: flags.some((flag) => OUT_OF_REACH.has(flag)) })),
  };
}

const OUT_OF_REACH: ReadonlySet<string> = new Set(['fail', 'fail?', 'noaddr', 'handshake']);

type Range = readonly [first: number, last: number];

interface ClusterNode {
  readonly id: string;
  readonly name: string;
  readonly flags: readonly string[];
  readonly masterId: string;
  readonly epoch: number;
  readonly ranges: readonly Range[];
}

/** `<id> <host>:<port>@<bus port>[,<hostname>] <flags> <master's id or -> <ping> <pong> <epoch> <link> <slot> …` */
function readNode(line: string): ClusterNode {
  const [id = '', address = '', flags = '', masterId = '', , , epoch = '', , ...slots] = line
    .trim()
    .split(' ');
  return {
    id,
    name: address.replace(/[@,].*$/, ''),
    flags: flags.split(','),
    masterId,
    epoch: Number(epoch),
    // A slot in brackets is on its way, and still its owner's.
    ranges: slots.filter((slot) => !slot.startsWith('[')).map(readRange),
  };
}

function readRange(text: string): Range {
  const [first = '', last = first] = text.split('-');
  return [Number(first), Number(last)];
}

function isIn(slot: number, ranges: readonly Range[]): boolean {
  return ranges.some(([first, last]) => slot >= first && slot <= last);
}
