/** Something that happens at an instant. */
export interface TimedEvent {
  readonly at: number;
  /** Which of several events of one instant comes first: by this, then by `order`. */
  readonly tie: number;
  readonly order: number;
  readonly call: () => void;
  taken: boolean;
}

/** Events by when they happen: a binary heap. */
export class EventQueue {
  readonly #heap: TimedEvent[] = [];

  get first(): TimedEvent | undefined {
    return this.#heap[0];
  }

  add(event: TimedEvent): void {
    const heap = this.#heap;
    let at = heap.push(event) - 1;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (!isBefore(event, heap[parent] as TimedEvent)) break;
      heap[at] = heap[parent] as TimedEvent;
      at = parent;
    }
    heap[at] = event;
  }

  takeFirst(): TimedEvent | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as TimedEvent, heap[child] as TimedEvent))
        child++;
      if (!isBefore(heap[child] as TimedEvent, last)) break;
      heap[at] = heap[child] as TimedEvent;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(a: TimedEvent, b: TimedEvent): boolean {
  if (a.at !== b.at) return a.at < b.at;
  return a.tie !== b.tie ? a.tie < b.tie : a.order < b.order;
}
