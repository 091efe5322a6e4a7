import type { Time } from '../../time/time.ts';
import { originsOf } from '../clients/client.ts';
import type { Client, ClientRegistry } from '../clients/client.ts';
import { clientOf, hasSecret } from './registered-client.ts';
import type { Registration, SecretOf } from './registered-client.ts';
import { clientIdOf, markOf } from './registrations.ts';
import type { Registrations } from './registrations.ts';

export interface SelfRegisteredOptions {
  /** Those that the operator registered: they come first. */
  readonly clients: ClientRegistry;
  readonly registrations: Registrations;
  readonly secretOf: SecretOf;
  /** Milliseconds between looks at the ledger. */
  readonly lookMs: number;
  readonly time: Time;
}

/** A registry with those that registered themselves, which follows the ledger until it is closed. */
export interface SelfRegistered extends ClientRegistry {
  /** Looks now. A ledger that is away changes nothing. */
  look(): Promise<void>;
  close(): Promise<void>;
}

interface Kept {
  readonly registration: Registration;
  readonly client: Client;
}

interface Known {
  readonly byMark: ReadonlyMap<string, Kept>;
  readonly byId: ReadonlyMap<string, Kept>;
  readonly origins: ReadonlySet<string>;
}

function knownOf(byMark: ReadonlyMap<string, Kept>): Known {
  const all = [...byMark.values()];
  return {
    byMark,
    byId: new Map(all.map((kept) => [kept.client.client_id, kept])),
    origins: new Set(all.flatMap(({ client }) => originsOf(client))),
  };
}

/** Keeps all that registered themselves at hand: a change counts at its own node at once, and at others after a look. */
export async function openSelfRegistered(options: SelfRegisteredOptions): Promise<SelfRegistered> {
  const { clients, registrations, secretOf, time, lookMs } = options;
  let known = knownOf(new Map());
  let closed = false;
  let cancel = (): void => undefined;
  let looking: Promise<void> | undefined;

  async function load(clientId: string): Promise<readonly (readonly [string, Kept])[]> {
    const found = await registrations.find(clientId);
    if (found === undefined) return [];
    return [[markOf(found), { registration: found, client: clientOf(found, secretOf) }]];
  }

  async function follow(): Promise<void> {
    const marks = await registrations.marks();
    const kept = marks.flatMap((mark) => {
      const one = known.byMark.get(mark);
      return one === undefined ? [] : [[mark, one] as const];
    });
    const missing = marks.filter((mark) => !known.byMark.has(mark));
    const fresh = await Promise.all(missing.map((mark) => load(clientIdOf(mark))));
    if (fresh.length > 0 || kept.length < known.byMark.size)
      known = knownOf(new Map([...kept, ...fresh.flat()]));
  }

  // What is asked while a look runs is answered by the next one: this one may have read before.
  async function look(): Promise<void> {
    await looking;
    looking ??= follow()
      .catch(() => undefined)
      .finally(() => (looking = undefined));
    await looking;
  }

  function lookLater(): void {
    if (closed) return;
    cancel = time.after(lookMs, () => void look().then(lookLater));
  }

  // The ring that secrets derive from may have changed: one whose key was removed proves nobody any more.
  function asNow({ registration, client }: Kept): Client {
    if (!hasSecret(registration) || secretOf(registration) === client.client_secret) return client;
    return clientOf(registration, secretOf);
  }

  function find(clientId: string): Client | undefined {
    const kept = known.byId.get(clientId);
    return clients.find(clientId) ?? (kept && asNow(kept));
  }

  await look();
  lookLater();
  return {
    look,
    find,
    isClientOrigin: (origin) => clients.isClientOrigin(origin) || known.origins.has(origin),
    async learn(clientId) {
      if (find(clientId) !== undefined) return;
      const found = await load(clientId);
      if (found.length > 0) known = knownOf(new Map([...known.byMark, ...found]));
    },
    async close() {
      closed = true;
      cancel();
      await looking;
    },
  };
}
