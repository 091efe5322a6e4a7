/** One whole sign-in as a browser, a phone and an app make it: mint, watch by SSE, scan, confirm, told, redeem. */
import { createHash, randomBytes } from 'node:crypto';
import { Connection, jsonOf, requestOf } from './connection.mjs';

const VERIFIER = randomBytes(32).toString('base64url');
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url');
const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
const CODE = /"code":"([^"]+)"/;
let people = 0;

/** A connection that is kept for requests; a browser's watch takes one of its own each time, as there. */
export function personAt(port) {
  const kept = new Connection(port);
  const phone = { authorization: `Bearer demo-bench${(people += 1)}` };
  const callback = `http://localhost:${port}/demo/callback`;
  const host = `localhost:${port}`;
  const send = async (what, expected, method, path, options) =>
    jsonOf(await kept.send(requestOf(method, path, { ...options, host })), expected, what);

  const person = {
    mint: () =>
      send('mint', 201, 'POST', '/v1/tickets', {
        json: {
          client_id: 'demo',
          redirect_uri: callback,
          binding: 'bearer',
          scope: 'openid',
          code_challenge: CHALLENGE,
          code_challenge_method: 'S256',
        },
      }),

    /** Waits until the stream is there: `{ told, close }`, of which `told` comes to the code. */
    async watch(ticket) {
      const browser = new Connection(port);
      let opened;
      const isOpen = new Promise((resolve) => (opened = resolve));
      const told = browser.watch(
        requestOf('GET', `/v1/tickets/${ticket.ticket_id}/events`, {
          headers: { authorization: `Bearer ${ticket.browser_secret}`, accept: 'text/event-stream' },
          host,
        }),
        (text) => {
          if (text.includes('"pending"')) opened();
          return text.includes('"confirmed"') && CODE.test(text);
        },
      );
      const close = () => browser.close();
      try {
        await Promise.race([isOpen, told]);
      } catch (error) {
        close();
        throw error;
      }
      const code = told.then((text) => CODE.exec(text)[1]);
      // It may fail before anybody asks for it.
      code.catch(() => undefined);
      return { told: code, close };
    },

    scan: (ticket) =>
      send('scan', 201, 'POST', '/v1/scans', {
        headers: phone,
        json: { scan_code: new URL(ticket.scan.url).pathname.split('/s/')[1] },
      }),

    confirm: ({ ticket_id, handshake }) =>
      send('confirm', 200, 'POST', `/v1/tickets/${ticket_id}/confirm`, {
        headers: phone,
        json: { handshake },
      }),

    redeem: (code) =>
      send('redeem', 200, 'POST', '/oauth/token', {
        form: {
          grant_type: 'authorization_code',
          code,
          code_verifier: VERIFIER,
          client_id: 'demo',
          redirect_uri: callback,
        },
      }),

    async signIn() {
      const ticket = await person.mint();
      const { told, close } = await person.watch(ticket);
      try {
        await person.confirm({ ...ticket, ...(await person.scan(ticket)) });
        return await person.redeem(await told);
      } finally {
        close();
      }
    },

    /** RFC 8628, with the user code typed in the phone's app. */
    async signInByDevice() {
      const { device_code, user_code } = await send('device', 200, 'POST', '/oauth/device_authorization', {
        form: { client_id: 'demo', scope: 'openid' },
      });
      const scanned = await send('scan', 201, 'POST', '/v1/scans', { headers: phone, json: { user_code } });
      await person.confirm(scanned);
      return send('redeem', 200, 'POST', '/oauth/token', {
        form: { grant_type: DEVICE_GRANT, device_code, client_id: 'demo' },
      });
    },

    close: () => kept.close(),
  };
  return person;
}
