import { z } from 'zod';
import { KINDS } from '../record/entry/kinds.ts';
import { receiverIdOf } from './receiver.ts';
import type { Receiver } from './receiver.ts';
import { readSigningKey } from './signature.ts';
import type { SigningKey } from './signature.ts';

/** A file of webhooks that cannot be used. Each mistake is one line; none quotes a secret or an address. */
export class BadReceivers extends Error {
  override readonly name = 'BadReceivers';
  readonly mistakes: readonly string[];

  constructor(mistakes: readonly string[]) {
    super(mistakes.join('; '));
    this.mistakes = mistakes;
  }
}

/** The most receivers that one file may name. */
export const RECEIVERS_MAX = 64;
/** The most mistakes that are told of one file. */
const MISTAKES_MAX = 20;

const RECEIVER = z.strictObject({
  url: z.string().min(1).max(2000),
  // Several, parted by spaces, while one is replaced: each signs.
  secret: z.string().min(1).max(2000),
  client_id: z.string().min(1).max(200).optional(),
  kinds: z
    .array(z.enum(KINDS as [string, ...string[]]))
    .min(1)
    .max(100)
    .optional(),
  private: z.boolean().optional(),
});

type Row = z.infer<typeof RECEIVER>;

/**
 * Reads a file of webhooks: a list, or an object whose `webhooks` is one.
 *
 * @throws {@link BadReceivers} with every mistake.
 */
export function readReceivers(json: string): readonly Receiver[] {
  const value = parsed(json);
  const wrapped = typeof value === 'object' && value !== null && !Array.isArray(value);
  const list = z.array(RECEIVER).max(RECEIVERS_MAX);
  const result = wrapped
    ? z
        .strictObject({ webhooks: list })
        .transform(({ webhooks }) => webhooks)
        .safeParse(value)
    : list.safeParse(value);
  if (!result.success)
    throw badReceivers(
      result.error.issues.map(
        ({ path, message }) => `${placeOf(path)}${message.replace(/^Invalid/, 'invalid')}`,
      ),
    );
  const mistakes = result.data.flatMap((row, index) =>
    mistakesOf(row).map((why) => `webhook ${index + 1}: ${why}`),
  );
  if (mistakes.length > 0) throw badReceivers(mistakes);
  const receivers = result.data.map(receiverOf);
  const twice = receivers.findIndex(({ id }, index) => receivers.findIndex((one) => one.id === id) < index);
  if (twice >= 0)
    throw badReceivers([`webhook ${twice + 1}: has the url and the client_id of an earlier one`]);
  return receivers;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw badReceivers(['is no JSON']);
  }
}

/** Where a mistake is, as people count: `webhook 1: kinds: `. */
function placeOf(path: readonly PropertyKey[]): string {
  const [index, ...members] = path[0] === 'webhooks' ? path.slice(1) : path;
  const place = typeof index === 'number' ? `webhook ${index + 1}: ` : '';
  return members.length === 0 ? place : `${place}${members.map(String).join('.')}: `;
}

function mistakesOf({ url, secret, private: isPrivate }: Row): readonly string[] {
  const why = addressMistake(url, isPrivate === true);
  return [
    ...(why === undefined ? [] : [`url: ${why}`]),
    ...(keysIn(secret) === undefined
      ? [
          'secret: is neither whsec_ nor whsk_ with a key in base64: 16 to 128 bytes, or an Ed25519 seed of 32',
        ]
      : []),
  ];
}

function addressMistake(text: string, isPrivate: boolean): string | undefined {
  if (!URL.canParse(text) || !/^https?:\/\/[^/]/.test(text)) return 'is no web address';
  const { protocol, hostname, username, password, hash } = new URL(text);
  if (username !== '' || password !== '') return 'must not name a user';
  if (hash !== '') return 'must not have a fragment';
  if (/[^\x21-\x7e]|\\/.test(text)) return 'must be written out, without spaces and backslashes';
  if (protocol === 'https:' || isPrivate || LOOPBACK.test(hostname)) return undefined;
  return 'must be https, unless the webhook is `"private": true`';
}

const LOOPBACK = /^(localhost|.*\.localhost|127(\.\d{1,3}){3}|\[::1\])$/;

function receiverOf({ url, secret, client_id: clientId, kinds, private: isPrivate }: Row): Receiver {
  return {
    id: receiverIdOf(url, clientId),
    url,
    keys: keysIn(secret) ?? [],
    ...(clientId === undefined ? {} : { clientId }),
    ...(kinds === undefined ? {} : { kinds: new Set(kinds) }),
    isPrivate: isPrivate === true,
  };
}

function keysIn(secret: string): readonly SigningKey[] | undefined {
  const keys = secret.split(' ').map(readSigningKey);
  return keys.every((key) => key !== undefined) ? keys : undefined;
}

function badReceivers(mistakes: readonly string[]): BadReceivers {
  const more = mistakes.length - MISTAKES_MAX;
  return new BadReceivers([...mistakes.slice(0, MISTAKES_MAX), ...(more > 0 ? [`and ${more} more`] : [])]);
}
