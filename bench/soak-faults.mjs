/** What a hundredth of the people in a soak do: they go away, lose the connection, send wrong secrets, or do not read. */
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection, requestOf } from './connection.mjs';
import { personAt } from './person.mjs';

const LEAVES_AFTER_MS = 200;
const SLOW_MS = 10_000;

export const FAULTS = { goesAway, losesConnection, sendsWrongSecrets, readsNothing };

/** Closes the page while it waits. */
async function goesAway(port) {
  await withTicket(port, async (ticket) => {
    const browser = new Connection(port);
    browser.watch(watchOf(port, ticket), () => false).catch(() => undefined);
    await sleep(LEAVES_AFTER_MS);
    browser.close();
  });
}

/** A reset in the midst of a request. */
async function losesConnection(port) {
  await withTicket(port, async (ticket) => {
    const whole = requestOf('POST', '/v1/scans', {
      headers: { authorization: 'Bearer demo-bench' },
      json: { scan_code: codeOf(ticket) },
      host: `localhost:${port}`,
    });
    const socket = await connected(port);
    socket.write(whole.slice(0, whole.length / 2));
    await sleep(LEAVES_AFTER_MS);
    socket.resetAndDestroy();
  });
}

/** @throws where a wrong secret opens something. */
async function sendsWrongSecrets(port) {
  await withTicket(port, async (ticket) => {
    const path = `/v1/tickets/${ticket.ticket_id}`;
    const wrong = `${ticket.browser_secret.slice(0, -4)}AAAA`;
    const host = `localhost:${port}`;
    const phone = { authorization: 'Bearer demo-bench' };
    const connection = new Connection(port);
    const answers = [
      await connection.send(requestOf('GET', path, { headers: { authorization: `Bearer ${wrong}` }, host })),
      await connection.send(
        requestOf('POST', `${path}/confirm`, { headers: phone, json: { handshake: wrong }, host }),
      ),
      await connection.send(
        requestOf('POST', '/v1/scans', {
          headers: phone,
          json: { scan_code: `${codeOf(ticket).slice(0, -4)}AAAA` },
          host,
        }),
      ),
    ];
    connection.close();
    const opened = answers.find(({ status }) => status < 400 || status >= 500);
    if (opened !== undefined) throw new Error(`a wrong secret was answered by ${opened.status}`);
  });
}

/** A browser that waits, is told, and takes nothing of it. */
async function readsNothing(port) {
  await withTicket(port, async (ticket, person) => {
    const socket = (await connected(port)).pause();
    socket.write(watchOf(port, ticket));
    await person.signIn();
    await sleep(SLOW_MS);
    socket.resetAndDestroy();
  });
}

async function withTicket(port, act) {
  const person = personAt(port);
  try {
    await act(await person.mint(), person);
  } finally {
    person.close();
  }
}

function watchOf(port, { ticket_id: id, browser_secret: secret }) {
  return requestOf('GET', `/v1/tickets/${id}/events`, {
    headers: { authorization: `Bearer ${secret}`, accept: 'text/event-stream' },
    host: `localhost:${port}`,
  });
}

function codeOf(ticket) {
  return new URL(ticket.scan.url).pathname.split('/s/')[1];
}

function connected(port) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket));
    socket.on('error', reject);
  });
}
