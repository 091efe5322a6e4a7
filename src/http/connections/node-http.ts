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
  /** Told that nothing more comes. @returns an error, and changes nothing, where that is in the midst of a request. */
  finish(): unknown;
  /** Reads from the socket's handle no more. */
  unconsume(): void;
  /** Its server knows it no more. */
  remove(): void;
  /** Frees what it has outside of the heap. Not while it runs. */
  close(): void;
}

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
  if (found.includes(undefined) || isInRequest(parser)) return false;
  LISTENERS.forEach(([event], index) => socket.removeListener(event, found[index] as Listener));
  parser.unconsume();
  parser.remove();
  (socket as { parser?: unknown }).parser = null;
  setImmediate(close, parser);
  return true;
}

function isParser(parser: Partial<Parser> | null | undefined): parser is Parser {
  return (['finish', 'unconsume', 'remove', 'close'] as const).every(
    (name) => typeof parser?.[name] === 'function',
  );
}

// The server's list of those in a request would tell it too, but as slowly as there are half-dead connections in it.
function isInRequest(parser: Parser): boolean {
  return parser.finish() !== undefined;
}

function close(parser: Parser): void {
  parser.close();
}
