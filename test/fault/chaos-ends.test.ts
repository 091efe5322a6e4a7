import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { judgedInTime, lookAtAll } from '../chaos/ends.ts';
import type { Minted } from '../support/signin.ts';

/** What a server of these answers, one after the other for each ticket, is taken to say in the end; and how often it was asked. */
async function ends(answers: readonly number[], tickets: readonly string[]): Promise<unknown> {
  const asked = new Map<string, number>();
  const server = createServer((req, res) => {
    const times = asked.get(req.url ?? '') ?? 0;
    asked.set(req.url ?? '', times + 1);
    res.writeHead(answers[times] ?? 500, { 'content-type': 'application/json' });
    res.end(JSON.stringify({ cursor: `1-${times}`, status: 'pending' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const minted = tickets.map((ticketId) => ({
    ticketId,
    links: { self: `${url}/${ticketId}` },
    secretHeaders: {},
  }));
  const told = await lookAtAll(minted as unknown as Minted[], { url }, 1);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  return told.toSorted((one, other) => one.ticketId.localeCompare(other.ticketId));
}

test('a 503 is not what a gateway says in the end, if it says something else soon', async () => {
  expect(await ends([503, 503, 200], ['a', 'b'])).toEqual(
    ['a', 'b'].map((ticketId) => ({ ticketId, gateway: 1, answer: 200, cursor: '1-2', status: 'pending' })),
  );
  expect(await ends([404, 200], ['a'])).toEqual([{ ticketId: 'a', gateway: 1, answer: 404 }]);
});

test('it is judged again as long as less is left each time, however long that takes, and then not for ever', async () => {
  const given = [5, 4, 3, 2, 2, 2, 1, 1, 1];
  let passes = 0;
  const judge = async (): Promise<{ judged: number; open: number }> => {
    await new Promise((resolve) => setTimeout(resolve, 2));
    passes += 1;
    return { judged: passes, open: given[passes - 1] ?? 0 };
  };
  // No bound: one pass without progress ends it, and none with.
  expect(await judgedInTime(judge, { boundMs: 0, everyMs: 1 })).toBe(5);
  expect(await judgedInTime(judge, { boundMs: 60_000, everyMs: 1 })).toBe(given.length + 1);
});
