import type { Bench } from '../bench.ts';
import type { Check } from '../check.ts';
import { exchange } from '../exchange.ts';
import type { Ticket } from '../ticket.ts';
import { must, mustBe } from '../verdict.ts';
import { openWatch } from '../watch.ts';

const check = (name: string, run: (bench: Bench) => Promise<void>): Check => ({ group: 'secret', name, run });

/** A browser's addresses of a ticket, by the name that they go by here. */
const ADDRESSES = ['self', 'events', 'poll', 'qr', 'DELETE self'] as const;

/** Unknown, wrong and foreign are one answer; a secret works in one way, at one place, and is nowhere else. */
export const secret: readonly Check[] = [
  check('unknown ticket, wrong, foreign and missing secret: one answer', async (bench) => {
    const [ticket, other] = [await bench.mint(), await bench.mint()];
    const unknownId = unknownIdBeside(ticket);
    for (const address of ADDRESSES) {
      const answers = [
        await knock(ticket, address, proofOf(flipped(ticket.secret))),
        await knock(ticket, address, proofOf('x')),
        await knock(ticket, address, other.proof),
        await knock(ticket, address, {}),
        await knock(ticket, address, ticket.proof, unknownId),
        await knock(ticket, address, {}, unknownId),
      ];
      mustBe(`the answer of ${address}`, answers[0]?.split(' ')[0], '404');
      for (const answer of answers) mustBe(`another answer of ${address}`, answer, answers[0]);
    }
    mustBe('the ticket', (await bench.notice(ticket)).status, 'pending');
  }),
  check('over a socket too', async (bench) => {
    const [ticket, other] = [await bench.mint(), await bench.mint()];
    const { links } = ticket;
    const socket = links.socket.replace(ticket.id, unknownIdBeside(ticket));
    const unknown = { ...ticket, links: { ...links, socket } };
    const endings = [
      await refusal(ticket, proofOf(flipped(ticket.secret))),
      await refusal(ticket, other.proof),
      await refusal(unknown, ticket.proof),
    ];
    mustBe('the ending', endings[0], '4401', '404');
    for (const ending of endings) mustBe('another ending', ending, endings[0]);
  }),
  check('a cookie is no bearer, and a bearer no cookie', async (bench) => {
    const [byBearer, byCookie] = [await bench.mint(), await bench.mint('cookie')];
    mustBe('the cookie as a bearer', (await bench.look(byCookie, proofOf(byCookie.secret))).status, 404);
    const name = byCookie.setCookie?.split('=')[0]?.replace(byCookie.id, byBearer.id);
    const cookie = { cookie: `${name}=${byBearer.secret}`, 'sec-fetch-site': 'same-origin' };
    mustBe('the bearer as a cookie', (await bench.look(byBearer, cookie)).status, 404);
  }),
  check('both in one request are a 400', async (bench) => {
    const ticket = await bench.mint('cookie');
    for (const address of ['self', 'events', 'poll', 'qr'] as const) {
      const both = { ...ticket.proof, ...proofOf(ticket.secret) };
      mustBe(`the answer of ${address}`, (await knock(ticket, address, both)).split(' ')[0], '400');
    }
  }),
  check('the cookie is HttpOnly, SameSite, and goes to its ticket alone', async (bench) => {
    const { setCookie = '', id } = await bench.mint('cookie');
    must(/; *HttpOnly/i.test(setCookie), 'it is not HttpOnly');
    must(/; *SameSite=(Strict|Lax)/i.test(setCookie), 'it has no SameSite');
    must(new RegExp(`; *Path=[^;]*${id}`, 'i').test(setCookie), 'its path is not the ticket’s');
    must(!/; *Domain=/i.test(setCookie), 'it has a domain');
    if (bench.target.url.startsWith('https:')) must(/; *Secure/i.test(setCookie), 'it is not Secure');
  }),
  check('no address holds a secret, but the QR code', async (bench) => {
    const ticket = await bench.mint();
    const scanned = await bench.scan(ticket);
    const said = JSON.stringify([ticket.publicLinks, ticket.notice, await bench.notice(ticket)]);
    must(!said.includes(ticket.secret), 'the browser secret stands in a notice or a link');
    const handshake = String(scanned.body['handshake']);
    must(!said.includes(handshake), 'the handshake stands in a notice');
    must(!scanned.text.includes(ticket.secret), 'the phone was told the browser secret');
    mustBe('the handshake', handshake === ticket.secret, false);
  }),
  check('the QR code is drawn for its browser only, and nothing keeps it', async (bench) => {
    const ticket = await bench.mint();
    const drawn = await exchange(ticket.links.qr, { headers: ticket.proof });
    mustBe('status', drawn.status, 200);
    must(drawn.headers['cache-control']?.includes('no-store'), 'it may be kept');
    must(drawn.text.includes('<svg'), 'it is no SVG');
  }),
];

const proofOf = (text: string): Record<string, string> => ({ authorization: `Bearer ${text}` });

/** The id of no ticket. */
function unknownIdBeside({ id }: Ticket): string {
  return `${id.slice(0, -2)}${id.endsWith('AA') ? 'BA' : 'AA'}`;
}

/** The same secret with another last character but one: the last may hold bits that count for nothing. */
function flipped(text: string): string {
  const at = text.length - 2;
  return text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
}

async function knock(
  ticket: Ticket,
  address: (typeof ADDRESSES)[number],
  headers: Readonly<Record<string, string>>,
  id = ticket.id,
): Promise<string> {
  const isDelete = address === 'DELETE self';
  const link = isDelete ? ticket.links.self : ticket.links[address];
  const answer = await exchange(link.replace(ticket.id, id), {
    headers,
    method: isDelete ? 'DELETE' : 'GET',
  });
  return `${answer.status} ${String(answer.headers['content-type'])} ${answer.text}`;
}

async function refusal(ticket: Ticket, headers: Readonly<Record<string, string>>): Promise<string> {
  const watch = openWatch('socket', ticket, { headers });
  const word = await watch.next();
  watch.close();
  return word === undefined ? 'nothing' : word.says === 'notice' ? 'a notice' : word.how;
}
