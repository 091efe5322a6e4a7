import { NotReplicated, StoreUnavailable } from '../event-store.ts';
import type { EventStore, StoredEvent } from '../event-store.ts';
import { checkBatch } from '../bounds.ts';
import type { StoreSettings } from '../store-settings.ts';
import type { Subject } from '../subject.ts';
import { mustLast, toldByHead, toldByResult } from '../told-event.ts';
import type { ToldEvent } from '../told-event.ts';
import { appendBatch, livingHead, putHead } from './append.ts';
import type { Environment } from './disk/environment.ts';
import type { CommitFeed } from './commit-feed.ts';
import { headFrom } from './head-from.ts';
import { logRange, subjectOfAgenda, timeRange } from './keys.ts';
import { eventOf } from './record.ts';
import type { FileOutbox } from './outbox.ts';
import type { Writer } from './writer.ts';

/** The finest partition there is: what this store takes, every store takes. */
const PARTITIONS = 4096;
/** How many subjects `due` tells at most. */
const DUE_MAX = 200;

export interface FileEventStoreParts {
  readonly environment: Environment;
  readonly writer: Writer;
  readonly feed: CommitFeed;
  readonly settings: StoreSettings;
  readonly timeline: string;
  readonly now: () => number;
  readonly close: () => Promise<void>;
  readonly outbox?: FileOutbox | undefined;
}

/** The event store of one folder. Reads go to what was committed and flushed, writes through the writer. */
export function fileEventStore(parts: FileEventStoreParts): EventStore {
  const { environment, writer, feed, settings, timeline, now, close, outbox } = parts;
  const { historyMs } = settings;
  const context = {
    historyMs,
    outbox,
    hasLog: (subject: Subject): boolean => environment.keys(logRange(subject), 1).length > 0,
  };

  // Nobody has a copy of a folder.
  function checkTold(told: readonly ToldEvent[]): void {
    if (settings.durability === 'replicated' && told.some(mustLast))
      throw new NotReplicated('a file store has no replicas');
  }

  function open(): void {
    if (writer.closed) throw new StoreUnavailable('the store is closed');
  }

  function eventsOf(subject: Subject): readonly StoredEvent[] {
    return environment.values(logRange(subject)).map((record) => eventOf(subject, record));
  }

  return {
    async append(batch) {
      checkBatch(batch, PARTITIONS);
      const result = await writer.submit((turn) => appendBatch(turn, batch, context));
      checkTold(toldByResult(batch, result));
      return result;
    },

    async read(subjects) {
      open();
      const time = Math.floor(now());
      const heads = subjects.map((subject) => livingHead(environment, subject, time, historyMs));
      checkTold(heads.filter((head) => head !== null).map(toldByHead));
      return { heads, now: time };
    },

    async history(subject) {
      open();
      return eventsOf(subject);
    },

    async rebuild(subject) {
      return writer.submit(({ draft, now }) => {
        const head = livingHead(draft, subject, now, historyMs) ?? headFrom(subject, eventsOf(subject));
        if (head === null || now >= (head.moments.at(-1)?.deadline ?? 0) + historyMs) return null;
        putHead(draft, head);
        return head;
      });
    },

    async due(limit) {
      open();
      const time = Math.floor(now());
      const range = timeRange('d', time - historyMs + 1, time);
      return environment.keys(range, Math.min(limit, DUE_MAX)).map(subjectOfAgenda);
    },

    feed: (options) => feed.follow(options),
    health: () => ({ timeline, up: writer.up }),
    close,
  };
}
