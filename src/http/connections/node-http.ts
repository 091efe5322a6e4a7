import type { Socket } from 'node:net';

/**
 * What Node's HTTP server put on a socket that it listens to, in Node 20 to 24: event, and the listener's name. None of it
 * is public; where a later Node names it otherwise, {@link letGo} changes nothing, and connections are held as Node has them.
 */
const LISTENERS = [
  ['data', 'bound socketOnData'],
  ['end', 'bound socketOnEnd'],
  ['close', 'bound socketOnClose'],
  ['drain', 'bound socketOnDrain'],
  ['error', 'socketOnError'],
  ['timeout', 'socketOnTimeout'],
  ['pause', 'onSocketPause'],
  ['resume', 'onSocketResume'],
] as const;

/** What is used of the parser. */
interface Parser {
  /** Reads from the socket's handle no more. */
  unconsume(): void;
  /** Its server knows it no more. */
  remove(): void;
  /** Frees what it has outside of the heap. Not while it runs. */
  close(): void;
}

/** By which a server finds requests that take too long. */
interface ConnectionsList {
  /** The parsers that are in a request, or wait for their first. */
  active(): readonly unknown[];
}

const CONNECTIONS = 'http.server.connections';

type Listener = (...args: unknown[]) => void;

/**
 * Takes a socket out of the hands of Node's HTTP server, as an upgrade would: the parser and all that it remembers of its
 * requests go, which is half of what a waiting browser costs. Whoever calls it has detached the response, and reads on.
 *
 * @returns whether it is done; false, and nothing changed, where another request has begun to come, or for a Node that has these parts no more.
 */
export function letGo(socket: Socket): boolean {
  const { parser } = socket as { parser?: Partial<Parser> | null };
  if (!isParser(parser)) return false;
  const found = LISTENERS.map(([event, name]) => socket.listeners(event).find((one) => one.name === name));
  if (found.includes(undefined) || isInRequest(parser, socket)) return false;
  LISTENERS.forEach(([event], index) => socket.removeListener(event, found[index] as Listener));
  parser.unconsume();
  parser.remove();
  (socket as { parser?: unknown }).parser = null;
  setImmediate(close, parser);
  return true;
}

function isParser(parser: Partial<Parser> | null | undefined): parser is Parser {
  return (['unconsume', 'remove', 'close'] as const).every((name) => typeof parser?.[name] === 'function');
}

/** True also where it cannot be told. */
function isInRequest(parser: Parser, socket: Socket): boolean {
  const { server } = socket as { server?: object };
  const key = server && Object.getOwnPropertySymbols(server).find((one) => one.description === CONNECTIONS);
  if (server === undefined || key === undefined) return true;
  const list = (server as Record<symbol, Partial<ConnectionsList> | undefined>)[key];
  return typeof list?.active !== 'function' || list.active().includes(parser);
}

function close(parser: Parser): void {
  parser.close();
}
