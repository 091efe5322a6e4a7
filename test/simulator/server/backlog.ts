import type { StreamPart } from './protocol.ts';

/** `repl-backlog-size`. */
const BYTES_MAX = 1024 * 1024;

/** The end of a replication stream, for replicas that were away for a moment. */
export class Backlog {
  #parts: StreamPart[] = [];
  #bytes = 0;

  add(part: StreamPart): void {
    this.#parts.push(part);
    this.#bytes += part.bytes;
    while (this.#bytes > BYTES_MAX) this.#bytes -= this.#parts.shift()?.bytes ?? 0;
  }

  /** What follows an offset, if all of it is still there. */
  after(offset: number, end: number): readonly StreamPart[] | undefined {
    if (offset === end) return [];
    const at = this.#parts.findIndex((part) => part.end - part.bytes === offset);
    return at < 0 ? undefined : this.#parts.slice(at);
  }

  clear(): void {
    this.#parts = [];
    this.#bytes = 0;
  }
}
