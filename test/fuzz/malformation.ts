import type { Random } from '../support/random.ts';
import type { Draft } from './draft.ts';
import type { Live } from './live.ts';
import { letters } from './schema-value.ts';
import { MARK } from './verdict.ts';

/** What makes a request one that no client sends. Each says whether it could be done to this one. */
type Malformation = (draft: Draft, random: Random, live: Live) => boolean;

const ODD = [
  '',
  ' ',
  '\0',
  '\u202e',
  '../../x',
  '{{lang}}',
  '<script>',
  'null',
  '-1',
  '1e309',
  '0x10',
].concat([
  '\r\nX: y',
  '"',
  "' or 1=1",
  '😀'.repeat(40),
  '%00',
  '%zz',
  '%2e%2e%2f',
  '%c0%af',
  '\ud800',
  'ａｂｃ',
  '9'.repeat(40),
  'true',
  '[]',
]);
/** Printable in a header. */
const ODD_HEADERS = [
  '',
  '*',
  '"',
  'W/"x"',
  '""',
  '0-0',
  '1-',
  ',',
  ';=',
  'a'.repeat(3000),
  '%00',
  '\xff\xfe',
  '-',
];
const HEADERS = ['if-none-match', 'last-event-id', 'dpop', 'idempotency-key', 'accept', 'cookie'].concat([
  'accept-language',
  'origin',
  'sec-fetch-site',
  'sec-fetch-mode',
  'sec-fetch-dest',
  'x-forwarded-for',
  'forwarded',
  'user-agent',
  'authorization',
  'range',
  'accept-encoding',
  'referer',
]);
const MEMBERS = [
  '__proto__',
  'constructor',
  'toString',
  'id',
  'ticket_id',
  'result_key',
  'claims',
  'request',
];
const SECRET_NAMES = /code|token|secret|handshake|verifier|assertion|password|dpop/;

/** A wrong value for a name; where a secret belongs, one that is found again wherever it is repeated. */
function oddText(name: string, random: Random): string {
  if (SECRET_NAMES.test(name) && random.chance(0.5)) return `${MARK}.${letters(random, 20)}`;
  return random.chance(0.1) ? letters(random, random.pick([200, 600, 5000])) : random.pick(ODD);
}

function oddValue(name: string, random: Random): unknown {
  const kinds = [7, -1.5, true, null, [], {}, [1], { a: { b: 1 } }, Number.MAX_SAFE_INTEGER];
  return random.chance(0.4) ? random.pick(kinds) : oddText(name, random);
}

const memberOf = (draft: Draft, random: Random): string | undefined => {
  const names = Object.keys(draft.members ?? {});
  return names.length === 0 ? undefined : random.pick(names);
};

const wrongMember: Malformation = (draft, random) => {
  const name = memberOf(draft, random);
  if (name === undefined) return false;
  draft.members![name] = oddValue(name, random);
  return true;
};

const noMember: Malformation = (draft, random) => {
  const name = memberOf(draft, random);
  if (name === undefined) return false;
  delete draft.members![name];
  return true;
};

const strangeMember: Malformation = (draft, random) => {
  if (draft.members === undefined) return false;
  Object.defineProperty(draft.members, random.pick(MEMBERS), {
    value: oddValue('', random),
    enumerable: true,
    configurable: true,
    writable: true,
  });
  return true;
};

const memberTwice: Malformation = (draft, random) => {
  const name = memberOf(draft, random);
  if (name === undefined || draft.operation.body?.type === 'application/json') return false;
  draft.more.push([name, oddText(name, random)]);
  return true;
};

const damaged: Malformation = (draft, random) => {
  const texts = Object.entries(draft.members ?? {}).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1].length > 1,
  );
  if (texts.length === 0) return false;
  const [name, value] = random.pick(texts);
  const at = random.between(0, value.length - 1);
  draft.members![name] = value.slice(0, at) + letters(random, 1) + value.slice(at + 1);
  return true;
};

const wrongBody: Malformation = (draft, random) => {
  const whole = JSON.stringify(draft.members ?? {});
  draft.raw = random.pick<() => string | Buffer>([
    () => whole.slice(0, random.between(0, whole.length)),
    () => Buffer.from(Array.from({ length: 60 }, () => random.between(0, 255))),
    () => '['.repeat(5000),
    () => `{"client_id":${'{"a":'.repeat(200)}1${'}'.repeat(200)}}`,
    () => `\ufeff${whole}`,
    () => '"text"',
    () => '',
    () => 'a=b&a=c&%zz=%',
    () => letters(random, 70_000),
    () => whole.replace('{', '{"client_id":"app","client_id":"demo",'),
  ])();
  return true;
};

const wrongType: Malformation = (draft, random) => {
  draft.headers['content-type'] = random.pick(
    ['text/plain', 'application/xml', 'a', '', 'multipart/form-data'].concat([
      'application/json; charset=utf-16',
      'application/json',
      'application/x-www-form-urlencoded',
    ]),
  );
  return true;
};

const wrongHole: Malformation = (draft, random) => {
  const names = Object.keys(draft.holes);
  if (names.length === 0) return false;
  const name = random.pick(names);
  const value = draft.holes[name] ?? '';
  draft.holes[name] = random.chance(0.4) ? value.slice(0, -1) : oddText(name, random);
  return true;
};

const wrongQuery: Malformation = (draft, random) => {
  const names = draft.operation.parameters.filter((one) => one.in === 'query').map(({ name }) => name);
  const name = names.length === 0 || random.chance(0.1) ? random.pick(MEMBERS) : random.pick(names);
  draft.query.push([name, oddText(name, random)]);
  return true;
};

const wrongHeader: Malformation = (draft, random) => {
  const name = random.pick(HEADERS);
  draft.headers[name] = name === 'dpop' && random.chance(0.5) ? `${MARK}.x.y` : random.pick(ODD_HEADERS);
  return true;
};

const wrongCredential: Malformation = (draft, random, live) => {
  const all = Object.values(live.credentials).flat();
  const given = random.pick(all);
  draft.headers['authorization'] = random.pick([
    `Bearer ${MARK}`,
    `Bearer ${MARK}.1-1.${letters(random, 43)}`,
    `Basic ${MARK}`,
    `Basic ${Buffer.from(`server:${MARK}`).toString('base64')}`,
    `DPoP ${MARK}`,
    'Bearer',
    'Bearer  ',
    `${given['authorization'] ?? 'Bearer x'}x`,
    (given['authorization'] ?? 'Bearer x').replace('Bearer', 'DPoP'),
    (given['authorization'] ?? 'Bearer x').toLowerCase(),
  ]);
  if (random.chance(0.2)) Object.assign(draft.headers, random.pick(all));
  return true;
};

const wrongMethod: Malformation = (draft, random) => {
  draft.method = random.pick([
    'GET',
    'HEAD',
    'POST',
    'PUT',
    'DELETE',
    'PATCH',
    'OPTIONS',
    'TRACE',
    'PROPFIND',
  ]);
  return true;
};

/** Each by its name, and how many chances it has to be drawn. */
const ALL: readonly (readonly [name: string, chances: number, malformation: Malformation])[] = [
  ['member', 2, wrongMember],
  ['no member', 1, noMember],
  ['strange', 1, strangeMember],
  ['twice', 1, memberTwice],
  ['damaged', 2, damaged],
  ['body', 2, wrongBody],
  ['type', 1, wrongType],
  ['path', 1, wrongHole],
  ['query', 1, wrongQuery],
  ['header', 1, wrongHeader],
  ['credential', 1, wrongCredential],
  ['method', 1, wrongMethod],
];

/** What may be done to a request, by name. */
export const MALFORMATIONS: readonly string[] = ALL.map(([name]) => name);

const DRAWN = ALL.flatMap((row) => Array.from({ length: row[1] }, () => row));
const MOST = 3;

/** Does one to three things to a request, and says which. */
export function malform(draft: Draft, random: Random, live: Live): readonly string[] {
  const done = new Set<string>();
  for (let left = random.between(1, MOST); left > 0;) {
    const [name, , malformation] = random.pick(DRAWN);
    if (!malformation(draft, random, live)) continue;
    done.add(name);
    left -= 1;
  }
  return [...done];
}
