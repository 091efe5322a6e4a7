import { EMPTY_LISTPACK_BYTES, elementBytes } from './listpack.ts';
import { FIRST, compareIds } from './stream-id.ts';
import type { StreamId } from './stream-id.ts';

export interface StreamEntry {
  readonly id: StreamId;
  /** Names and values in turn. */
  readonly fields: readonly string[];
}

/** Entries that lie together: what an approximate trim takes away whole. */
interface Node {
  readonly entries: StreamEntry[];
  bytes: number;
}

/** `stream-node-max-bytes` and `stream-node-max-entries`. */
const NODE_BYTES = 4_096;
const NODE_ENTRIES = 100;

/** An append-only log. Its entries lie in nodes of the sizes that Redis gives them. */
export class Stream {
  readonly kind = 'stream';
  #nodes: Node[] = [];
  #length = 0;
  #lastId = FIRST;

  get length(): number {
    return this.#length;
  }

  get lastId(): StreamId {
    return this.#lastId;
  }

  /** Adds an entry behind all others. */
  add(id: StreamId, fields: readonly string[]): void {
    const size = fields.reduce((sum, text) => sum + text.length, 0);
    let node = this.#nodes.at(-1);
    if (node === undefined || node.bytes + size >= NODE_BYTES || node.entries.length >= NODE_ENTRIES) {
      node = { entries: [], bytes: EMPTY_LISTPACK_BYTES + masterBytes(fields) };
      this.#nodes.push(node);
    }
    const master = node.entries[0] ?? { id, fields };
    const countBefore = node.entries.length;
    node.bytes += entryBytes(master, { id, fields });
    node.bytes += elementBytes(countBefore + 1) - elementBytes(Math.max(1, countBefore));
    node.entries.push({ id, fields });
    this.#length++;
    this.#lastId = id;
  }

  /** All entries in order. */
  all(): StreamEntry[] {
    return this.#nodes.flatMap(({ entries }) => entries);
  }

  /** The entries from one id to another, both among them, in order or from the end. */
  range(start: StreamId, end: StreamId, count = Infinity, reverse = false): StreamEntry[] {
    return reverse ? this.#backward(start, end, count) : this.#forward(start, end, count);
  }

  /** Takes whole nodes away that are older than an id, and other entries too where `exact`. @returns how many entries. */
  trim(minId: StreamId, exact: boolean, limit = Infinity): number {
    let removed = 0;
    let nodes = 0;
    for (const { entries } of this.#nodes) {
      if (removed + entries.length > limit) break;
      if (compareIds((entries.at(-1) as StreamEntry).id, minId) >= 0) break;
      removed += entries.length;
      nodes++;
    }
    this.#nodes.splice(0, nodes);
    if (exact && limit === Infinity) removed += this.#trimFirst(minId);
    this.#length -= removed;
    return removed;
  }

  firstId(): StreamId | undefined {
    return this.#nodes[0]?.entries[0]?.id;
  }

  copy(): Stream {
    const copied = new Stream();
    copied.#nodes = this.#nodes.map(({ entries, bytes }) => ({ entries: [...entries], bytes }));
    copied.#length = this.#length;
    copied.#lastId = this.#lastId;
    return copied;
  }

  #forward(start: StreamId, end: StreamId, count: number): StreamEntry[] {
    const found: StreamEntry[] = [];
    for (let n = this.#nodeOf(start); n < this.#nodes.length; n++) {
      for (const entry of (this.#nodes[n] as Node).entries) {
        if (compareIds(entry.id, start) < 0) continue;
        if (found.length >= count || compareIds(entry.id, end) > 0) return found;
        found.push(entry);
      }
    }
    return found;
  }

  #backward(start: StreamId, end: StreamId, count: number): StreamEntry[] {
    const found: StreamEntry[] = [];
    for (let n = this.#nodes.length - 1; n >= 0; n--) {
      const { entries } = this.#nodes[n] as Node;
      for (let i = entries.length - 1; i >= 0; i--) {
        const entry = entries[i] as StreamEntry;
        if (compareIds(entry.id, end) > 0) continue;
        if (found.length >= count || compareIds(entry.id, start) < 0) return found;
        found.push(entry);
      }
    }
    return found;
  }

  /** The first node with an entry of this id or a later one. */
  #nodeOf(id: StreamId): number {
    let low = 0;
    let high = this.#nodes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const last = (this.#nodes[middle] as Node).entries.at(-1) as StreamEntry;
      if (compareIds(last.id, id) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #trimFirst(minId: StreamId): number {
    const first = this.#nodes[0];
    if (first === undefined) return 0;
    const keep = first.entries.findIndex(({ id }) => compareIds(id, minId) >= 0);
    if (keep > 0) first.entries.splice(0, keep);
    return Math.max(0, keep);
  }
}

/** A node begins with counts of its entries, the names of the first one's fields, and an end. */
function masterBytes(fields: readonly string[]): number {
  const names = fields.filter((_, i) => i % 2 === 0);
  const counts = elementBytes(1) + elementBytes(0) + elementBytes(names.length);
  return counts + names.reduce((sum, name) => sum + elementBytes(name), 0) + elementBytes(0);
}

/** Flags, the distance from the node's first id, names where they are others than the first one's, values, a count. */
function entryBytes(master: StreamEntry, { id, fields }: StreamEntry): number {
  const names = fields.filter((_, i) => i % 2 === 0);
  const isSame =
    names.every((name, i) => master.fields[2 * i] === name) && fields.length === master.fields.length;
  const listed = isSame ? fields.filter((_, i) => i % 2 === 1) : fields;
  const elements = listed.length + 3 + (isSame ? 0 : 1);
  return (
    elementBytes(isSame ? 2 : 0) +
    elementBytes(id.ms - master.id.ms) +
    elementBytes(id.sequence - master.id.sequence) +
    (isSame ? 0 : elementBytes(names.length)) +
    listed.reduce((sum, text) => sum + elementBytes(text), 0) +
    elementBytes(elements)
  );
}
