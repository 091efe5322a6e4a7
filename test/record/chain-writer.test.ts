import { afterEach, expect, jest, test } from '@jest/globals';
import { openFileArchive } from '../../src/keepers/file/open-archive.ts';
import { entry, writer } from '../contract/archive.ts';
import { temporaryFolder } from '../support/folder.ts';

const ends: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

test('what is new is added without a question; what arrives again is asked for, and stays as it is', async () => {
  const folder = await temporaryFolder();
  const archive = await openFileArchive(folder.path, { bytesMax: 1e8, onDropped: () => undefined });
  ends.push(async () => {
    await archive.close();
    await folder.remove();
  });
  const known = jest.spyOn(archive, 'known');
  const keys = jest.spyOn(archive, 'keys');
  const begun = [1, 2].map((at) => entry(at, { kind: 'minted', ticket_id: `t${at}` }));
  const entries = [...begun, entry(3, { kind: 'scanned', ticket_id: 't1' })];
  await writer(archive).add(entries);
  expect([known, keys].map((spy) => spy.mock.calls.length)).toEqual([0, 0]);
  const links = await archive.links(0, 1, 10);
  expect(links).toHaveLength(3);
  await writer(archive).add(entries);
  expect(known).toHaveBeenCalledTimes(1);
  expect(await archive.links(0, 1, 10)).toEqual(links);
  await writer(archive).add([entry(4, { kind: 'confirmed', ticket_id: 't1' })]);
  expect(keys.mock.calls.at(-1)).toEqual([['t1']]);
  expect(await archive.links(0, 1, 10)).toHaveLength(4);
});
