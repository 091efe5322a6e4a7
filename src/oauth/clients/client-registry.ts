import { readFileSync, statSync } from 'node:fs';
import type { Time } from '../../time/time.ts';
import { originsOf } from './client.ts';
import { weaknessesOf } from './client-weaknesses.ts';
import type { Client, ClientRegistry } from './client.ts';
import { BadClients, readClients } from './client-file.ts';

/** Where the clients come from. */
export interface ClientRegistryOptions {
  /** The file, `SCANGATE_CLIENTS_FILE`; undefined: none. */
  readonly file: string | undefined;
  /** Clients that are always there, before the file's: the demo. */
  readonly builtIn: readonly Client[];
  /** Whether redirect addresses may be http on any host. */
  readonly plainHttp: boolean;
  /** Whether a scope asks for claims that no source of phones can say: nobody is given it. */
  readonly isUnfillable: (scope: string) => boolean;
  /** Whether some source of phones can say when a user signed in there. */
  readonly knowsAuthTime: boolean;
  /** Milliseconds between looks at the file. */
  readonly lookMs: number;
  readonly time: Time;
  /** Told of a change that was taken: how many clients there are. */
  readonly onLoaded?: (count: number) => void;
  /** Told of what works in a file that was read and may not be meant. */
  readonly onWarnings?: (warnings: readonly string[]) => void;
  /** Told of each client, whenever it is read, that is registered in a way that weakens. */
  readonly onWeak?: (clientId: string, weakness: string) => void;
  /** Told of a changed file that cannot be used: the clients stay as they were. */
  readonly onMistakes?: (mistakes: readonly string[]) => void;
}

/** A registry that follows its file until it is closed. */
export interface FollowingRegistry extends ClientRegistry {
  /** Looks at the file now. */
  look(): void;
  /** Hears of all clients whenever they were read again. */
  onRead(listener: (clients: readonly Client[]) => void): void;
  close(): void;
}

interface Loaded {
  readonly byId: ReadonlyMap<string, Client>;
  readonly origins: ReadonlySet<string>;
}

/**
 * Reads the clients and follows their file: a change counts without a restart, a bad file changes nothing.
 *
 * @throws {@link BadClients} where the first reading finds mistakes.
 */
export function openClientRegistry(options: ClientRegistryOptions): FollowingRegistry {
  const { file } = options;
  let seen = file === undefined ? undefined : stampOf(file);
  let loaded = load(options);
  let tell: (clients: readonly Client[]) => void = () => undefined;

  const look = (): void => {
    const stamp = file === undefined ? undefined : stampOf(file);
    if (stamp === seen) return;
    seen = stamp;
    try {
      loaded = load(options);
      tell([...loaded.byId.values()]);
      options.onLoaded?.(loaded.byId.size);
    } catch (error) {
      if (!(error instanceof BadClients)) throw error;
      options.onMistakes?.(error.mistakes);
    }
  };
  let cancel = (): void => undefined;
  const lookLater = (): void => {
    cancel = options.time.after(options.lookMs, () => {
      look();
      lookLater();
    });
  };
  if (file !== undefined) lookLater();

  return {
    find: (clientId) => loaded.byId.get(clientId),
    learn: () => Promise.resolve(),
    isClientOrigin: (origin) => loaded.origins.has(origin),
    look,
    onRead: (listener) => {
      tell = listener;
    },
    close() {
      cancel();
    },
  };
}

function load(options: ClientRegistryOptions): Loaded {
  const { clients: registered, warnings } =
    options.file === undefined
      ? { clients: [], warnings: [] }
      : readClients(readText(options.file), options.plainHttp);
  const reserved = options.builtIn.find(({ client_id: id }) =>
    registered.some((row) => row.client_id === id),
  );
  if (reserved !== undefined)
    throw new BadClients([`client_id "${reserved.client_id}" is that of the built-in client`]);
  const doubts = [...warnings, ...closedOut(registered, options)];
  if (doubts.length > 0) options.onWarnings?.(doubts);
  for (const client of registered)
    for (const weakness of weaknessesOf(client)) options.onWeak?.(client.client_id, weakness);
  const clients = [...options.builtIn, ...registered].map((client) => fillable(client, options));
  return {
    byId: new Map(clients.map((client) => [client.client_id, client])),
    origins: new Set(clients.flatMap(originsOf)),
  };
}

// Its requests are refused one by one; that says so before the first user comes.
function closedOut(clients: readonly Client[], { knowsAuthTime }: ClientRegistryOptions): readonly string[] {
  const asking = clients.filter(({ default_max_age: maxAge }) => maxAge !== undefined && !knowsAuthTime);
  return asking.map(
    ({ client_id: id }) =>
      `client "${id}" has default_max_age, and no source of phones here says when a user signed in: nobody can sign in to it`,
  );
}

function fillable(client: Client, { isUnfillable }: ClientRegistryOptions): Client {
  return client.scope.some(isUnfillable)
    ? { ...client, scope: client.scope.filter((scope) => !isUnfillable(scope)) }
    : client;
}

// Taken before the file is read, so that a change in between is seen at the next look. A file that cannot be looked at,
// as a secret is while it is mounted anew, is one more change, and no end of the process.
function stampOf(file: string): string {
  try {
    const { ino, mtimeMs, ctimeMs, size } = statSync(file);
    return `${ino} ${mtimeMs} ${ctimeMs} ${size}`;
  } catch (error) {
    return codeOf(error);
  }
}

function readText(file: string): string {
  try {
    return new TextDecoder().decode(readFileSync(file));
  } catch (error) {
    throw new BadClients([`cannot be read (${codeOf(error)})`]);
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown';
}
