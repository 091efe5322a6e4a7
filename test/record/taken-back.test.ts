import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { openFileArchive } from '../../src/keepers/file/open-archive.ts';
import type { Facts } from '../../src/record/entry/entry.ts';
import { idOf } from '../../src/record/ids/sortable-id.ts';
import { ChainWriter } from '../../src/record/keeping/chain-writer.ts';
import { PersonKeys } from '../../src/record/keeping/person-keys.ts';
import { TakenBack } from '../../src/record/keeping/taken-back.ts';
import type { Head } from '../../src/store/event-store.ts';
import type { Subject } from '../../src/store/subject.ts';
import { temporaryFolder } from '../support/folder.ts';

const NOW = Date.UTC(2026, 0, 2);
const WINDOW_MS = 60_000;

/** A head that names these events. */
function head(subject: Subject, ...cursors: readonly string[]): Head {
  const moments = cursors.map((id) => ({ id, at: NOW, deadline: NOW }));
  return { subject, version: Number(cursors.at(-1)?.split('-')[0]), moments } as unknown as Head;
}

test('what the log has no longer is told once: not what was put back in time, nor what had ended and is gone altogether', async () => {
  const folder = await temporaryFolder();
  const archive = await openFileArchive(folder.path);
  const writer = new ChainWriter(archive, 5, new PersonKeys(archive, () => randomBytes(32)));
  let at = NOW;
  const keep = async (facts: Facts, ageMs = 1000): Promise<void> => {
    at += 1;
    await writer.add([{ id: idOf(at - ageMs, 0), facts, personal: { user: 'ada', source: 'demo' } }]);
  };
  await keep({ kind: 'confirmed', ticket_id: 'old', cursor: '3-old' }, 2 * WINDOW_MS);
  for (const cursor of ['1-a', '2-b', '3-c']) await keep({ kind: 'confirmed', ticket_id: 'lost', cursor });
  await keep({ kind: 'denied', ticket_id: 'ended', cursor: '3-e' });
  await keep({ kind: 'scanned', ticket_id: 'gone', cursor: '2-g' });
  await keep({ kind: 'opened', ticket_id: 'whole', session_id: 'session', cursor: '1-s' });
  await keep({ kind: 'refreshed', ticket_id: 'whole', session_id: 'session', cursor: '20-s' });
  await keep({ kind: 'redeemed', ticket_id: 'whole', cursor: '4-w' });
  await keep({ kind: 'brute_force', ticket_id: 'lost', reason: 'stands in no log' });

  const heads = new Map<string, Head>([
    ['ticket:lost', head('ticket:lost', '1-a', '2-b', '3-z', '4-y')],
    ['session:session', head('session:session', '19-s', '20-x')],
    ['ticket:whole', head('ticket:whole', '1-w', '2-w', '3-w', '4-w')],
  ]);
  let now = 0;
  let read = 0;
  const takenBack = new TakenBack({
    archive,
    store: {
      read: async (subjects) => {
        read += 1;
        return { heads: subjects.map((subject) => heads.get(subject) ?? null), now: NOW };
      },
    },
    ids: { next: async () => idOf((at += 1), 1) },
    time: { now: () => now, wallNow: () => NOW },
    graceMs: 1000,
    windowMs: WINDOW_MS,
  });
  const told: Facts[] = [];
  const look = async (history: string | undefined): Promise<void> => {
    await takenBack.look(5, history, async (entries) => {
      await writer.add(entries);
      told.push(...entries.map(({ facts }) => facts));
    });
  };
  await look(undefined);
  await look('one');
  now = 999;
  await look('one');
  expect(read).toBe(0);
  now = 1000;
  await look('one');
  expect(told).toMatchObject([
    { kind: 'superseded', ticket_id: 'lost', cursor: '3-c', superseded: { kind: 'confirmed' } },
    { kind: 'superseded', ticket_id: 'gone', cursor: '2-g', superseded: { kind: 'scanned' } },
    { kind: 'superseded', session_id: 'session', cursor: '20-s', superseded: { kind: 'refreshed' } },
  ]);
  const looked = read;
  await look('one');
  expect(read).toBe(looked);

  await look('another');
  now = 2000;
  heads.delete('ticket:whole');
  await look('another');
  expect(read).toBeGreaterThan(looked);
  expect(told).toHaveLength(3);

  // What could not be written, or read, is looked for again; and another node's reading is not relied on.
  heads.delete('session:session');
  takenBack.leave(5);
  await look('another');
  now = 3000;
  const failing = takenBack.look(5, 'another', () => Promise.reject(new Error('away')));
  await expect(failing).rejects.toThrow('away');
  await look('another');
  expect(told.slice(3)).toMatchObject([{ superseded: { kind: 'opened' }, cursor: '1-s' }]);
  await archive.close();
  await folder.remove();
});
