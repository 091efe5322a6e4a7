import type { Random } from '../support/random.ts';
import type { Sending } from './exchange.ts';
import { liveValue } from './live.ts';
import type { Live } from './live.ts';
import type { Operation } from './operation.ts';
import { valueOf } from './schema-value.ts';

/** A request in the making: as a client would send it, until something is done to it. */
export interface Draft {
  readonly operation: Operation;
  method: string;
  /** What stands in the holes of the path, by name. */
  readonly holes: Record<string, string>;
  readonly query: [string, string][];
  readonly headers: Record<string, string>;
  /** The members of a body: of a form as well. */
  members: Record<string, unknown> | undefined;
  /** Pairs of a form behind its members. */
  readonly more: [string, string][];
  /** In the place of all members. */
  raw: string | Buffer | undefined;
}

/** A request that `openapi.yaml` allows, of things that are there. */
export function draftOf(operation: Operation, live: Live, random: Random): Draft {
  const known = (name: string): string | undefined => liveValue(live, name, random);
  const draft: Draft = {
    operation,
    method: operation.method,
    holes: {},
    query: [],
    headers: {},
    members: undefined,
    more: [],
    raw: undefined,
  };
  for (const { name, in: place, schema } of operation.parameters) {
    const text = known(name) ?? String(valueOf(schema, random));
    if (place === 'path') draft.holes[name] = text;
    else if (random.chance(0.6)) {
      if (place === 'query') draft.query.push([name, text]);
      else draft.headers[name] = text;
    }
  }
  const { body } = operation;
  if (body !== undefined) {
    draft.members = { ...(valueOf(body.schema, random, known) as Record<string, unknown>) };
    draft.headers['content-type'] = body.type;
  }
  Object.assign(draft.headers, credentialOf(operation, live, random));
  return draft;
}

/** Mostly what the operation asks for, else somebody else's, or nothing. */
function credentialOf({ security }: Operation, live: Live, random: Random): Readonly<Record<string, string>> {
  const all = Object.keys(live.credentials);
  const own = security.filter((name) => name in live.credentials);
  if (random.chance(own.length === 0 ? 0.8 : 0.1)) return {};
  const scheme = random.pick(own.length === 0 || random.chance(0.15) ? all : own);
  return random.pick(live.credentials[scheme]!);
}

/** The request as it goes over the wire. */
export function sendingOf({ operation, method, holes, query, headers, members, more, raw }: Draft): Sending {
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => escaped(holes[name] ?? ''));
  const search = query.map(([name, value]) => `${escaped(name)}=${escaped(value)}`).join('&');
  const body =
    raw ??
    (members === undefined
      ? undefined
      : operation.body?.type === 'application/json'
        ? JSON.stringify(members)
        : formOf(members, more));
  return { method, path: search === '' ? path : `${path}?${search}`, headers, body };
}

function formOf(members: Readonly<Record<string, unknown>>, more: readonly [string, string][]): string {
  const own = Object.entries(members).map(([name, value]): [string, string] => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value ?? ''),
  ]);
  return [...own, ...more].map(([name, value]) => `${escaped(name)}=${escaped(value)}`).join('&');
}

/** What begins with a `%` is sent as it stands, right or wrong. */
function escaped(text: string): string {
  return /^%[\w%./]*$/.test(text) ? text : encodeURIComponent(text.replaceAll(/\p{Surrogate}/gu, '\ufffd'));
}
