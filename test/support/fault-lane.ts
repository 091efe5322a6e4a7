import type { Socket } from 'node:net';

/** What happens to the bytes of one direction. */
export type Fault =
  | { readonly kind: 'none' }
  /** So many more bytes of each connection pass, then it is cut in both directions. 0: at the first byte. */
  | { readonly kind: 'cut-after'; readonly bytes: number }
  /** Bytes wait here, in order, until the fault changes. */
  | { readonly kind: 'hold' }
  /** Bytes vanish while the connection stays open. */
  | { readonly kind: 'swallow' }
  /** Each chunk waits until the next one, or the end, comes; pieces of a stream that one read joined are chunks each. */
  | { readonly kind: 'one-behind' }
  | { readonly kind: 'throttle'; readonly bytesPerSecond: number }
  | { readonly kind: 'latency'; readonly delayMs: number };

/** What a lane asks of its connection. */
interface Surroundings {
  readonly cut: () => void;
  readonly passed: (bytes: number) => void;
  /** Asked for each chunk: true when it must vanish and the connection with it. */
  readonly swallowAndCut: (chunk: Buffer) => boolean;
  /** What is sent in place of a chunk. */
  readonly instead?: (chunk: Buffer) => Buffer;
}

const SLICES_PER_SECOND = 20;
/** Where a piece of a stream ends: its last line, and the end of its chunk (RFC 9112, section 7.1). The last chunk too. */
const PIECE_END = '\n\r\n';

/** Pieces that were sent apart, and that a busy machine read at once. */
function piecesOf(chunk: Buffer): Buffer[] {
  const pieces: Buffer[] = [];
  for (let start = 0; start < chunk.length;) {
    const end = chunk.indexOf(PIECE_END, start);
    const next = end < 0 ? chunk.length : end + PIECE_END.length;
    pieces.push(chunk.subarray(start, next));
    start = next;
  }
  return pieces;
}

/** One direction of one connection. Order is kept whatever the fault, also when it changes. */
export class Lane {
  readonly #into: Socket;
  readonly #from: Socket;
  readonly #around: Surroundings;
  #fault: Fault;
  #leftToCut = Infinity;
  readonly #queue: { readonly chunk: Buffer; readonly dueMs: number }[] = [];
  #ended = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(from: Socket, into: Socket, fault: Fault, around: Surroundings) {
    this.#from = from;
    this.#into = into;
    this.#around = around;
    this.#fault = fault;
    this.set(fault);
    from.on('data', (chunk: Buffer) => this.#take(chunk));
    from.on('end', () => {
      this.#ended = true;
      this.#flush();
    });
    into.on('drain', () => this.#from.resume());
  }

  set(fault: Fault): void {
    this.#fault = fault;
    this.#leftToCut = fault.kind === 'cut-after' ? fault.bytes : Infinity;
    this.#flush();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#queue.length = 0;
  }

  #take(chunk: Buffer): void {
    if (this.#around.swallowAndCut(chunk)) {
      this.#around.cut();
      return;
    }
    if (this.#fault.kind === 'swallow') return;
    const delayMs = this.#fault.kind === 'latency' ? this.#fault.delayMs : 0;
    const dueMs = performance.now() + delayMs;
    const sent = this.#around.instead?.(chunk) ?? chunk;
    const pieces = this.#fault.kind === 'one-behind' ? piecesOf(sent) : [sent];
    for (const piece of pieces) this.#queue.push({ chunk: piece, dueMs });
    const isSlicing = this.#fault.kind === 'throttle' && this.#timer !== undefined;
    if (!isSlicing) this.#flush();
  }

  /** Sends what may go now, and comes back for the rest when its time has come. */
  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const fault = this.#fault;
    switch (fault.kind) {
      case 'hold':
        return;
      case 'one-behind':
        if (this.#ended) return this.#sendDue();
        while (this.#queue.length > 1) this.#send(this.#queue.shift()!.chunk);
        return;
      case 'throttle':
        this.#sendSlice(Math.max(1, Math.floor(fault.bytesPerSecond / SLICES_PER_SECOND)));
        return;
      case 'none':
      case 'swallow':
      case 'cut-after':
      case 'latency':
        this.#sendDue();
    }
  }

  #sendDue(): void {
    const now = performance.now();
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      if (next.dueMs > now && this.#fault.kind === 'latency') {
        this.#timer = setTimeout(() => this.#flush(), next.dueMs - now);
        return;
      }
      this.#queue.shift();
      this.#send(next.chunk);
    }
    if (this.#ended) this.#into.end();
  }

  #sendSlice(bytes: number): void {
    const next = this.#queue.shift();
    if (next === undefined) {
      if (this.#ended) this.#into.end();
      return;
    }
    const rest = next.chunk.subarray(bytes);
    if (rest.length > 0) this.#queue.unshift({ ...next, chunk: rest });
    this.#send(next.chunk.subarray(0, bytes));
    this.#timer = setTimeout(() => this.#flush(), 1000 / SLICES_PER_SECOND);
  }

  #send(chunk: Buffer): void {
    const part = chunk.subarray(0, Math.min(chunk.length, this.#leftToCut));
    this.#leftToCut -= part.length;
    this.#around.passed(part.length);
    if (this.#leftToCut === 0) {
      // The last bytes must leave before the reset, which would discard them.
      this.#into.write(part, () => setTimeout(this.#around.cut, 5));
      this.#from.pause();
      this.#queue.length = 0;
      return;
    }
    if (!this.#into.destroyed && !this.#into.write(part)) this.#from.pause();
  }
}
