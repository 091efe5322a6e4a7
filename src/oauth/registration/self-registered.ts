import type { Time } from '../../time/time.ts';
import { originsOf } from '../clients/client.ts';
import type { Client, ClientRegistry } from '../clients/client.ts';
import { clientOf } from './registered-client.ts';
import type { SecretOf } from './registered-client.ts';
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

interface Known {
  readonly byMark: ReadonlyMap<string, Client>;
  readonly byId: ReadonlyMap<string, Client>;
  readonly origins: ReadonlySet<string>;
}

function knownOf(byMark: ReadonlyMap<string, Client>): Known {
  const all = [...byMark.values()];
  return {
    byMark,
    byId: new Map(all.map((client) => [client.client_id, client])),
    origins: new Set(all.flatMap(originsOf)),
  };
}

/** Keeps all that registered themselves at hand: a change counts at its own node at once, and at others after a look. */
export async function openSelfRegistered(options: SelfRegisteredOptions): Promise<SelfRegistered> {
  const { clients, registrations, secretOf, time, lookMs } = options;
  let known = knownOf(new Map());
  let closed = false;
  let cancel = (): void => undefined;
  let looking: Promise<void> | undefined;

  async function load(mark: string): Promise<readonly (readonly [string, Client])[]> {
    const found = await registrations.find(clientIdOf(mark));
    return found === undefined ? [] : [[markOf(found), clientOf(found, secretOf)]];
  }

  async function follow(): Promise<void> {
    const marks = await registrations.marks();
    const kept = marks.flatMap((mark) => {
      const client = known.byMark.get(mark);
      return client === undefined ? [] : [[mark, client] as const];
    });
    const fresh = await Promise.all(marks.filter((mark) => !known.byMark.has(mark)).map(load));
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

  const find = (clientId: string): Client | undefined => clients.find(clientId) ?? known.byId.get(clientId);

  await look();
  lookLater();
  return {
    look,
    find,
    isClientOrigin: (origin) => clients.isClientOrigin(origin) || known.origins.has(origin),
    async learn(clientId) {
      if (find(clientId) !== undefined) return;
      const found = await registrations.find(clientId);
      if (found !== undefined)
        known = knownOf(new Map([...known.byMark, [markOf(found), clientOf(found, secretOf)]]));
    },
    async close() {
      closed = true;
      cancel();
      await looking;
    },
  };
}
