import { lookup } from 'node:dns/promises';
import { request as requestHttp } from 'node:http';
import type { Agent, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP } from 'node:net';
import type { LookupFunction } from 'node:net';
import type { Time } from '../time/time.ts';
import { KeptAgents } from './kept-agents.ts';
import { reachMistake } from './reach.ts';
import type { Nearness, Reach } from './reach.ts';

/** The addresses that a host's name stands for. */
export type ResolveHost = (host: string) => Promise<readonly string[]>;

/** As the system resolves names. */
export const systemResolve: ResolveHost = oneAtATime(async (host) =>
  (await lookup(host, { all: true })).map(({ address }) => address),
);

/** Asks once where many ask for a name at the same time: the system looks up but few names at once, and a name may never be answered. */
export function oneAtATime(resolve: ResolveHost): ResolveHost {
  const asked = new Map<string, Promise<readonly string[]>>();
  return async (host) => {
    const known = asked.get(host);
    if (known !== undefined) return await known;
    const found = resolve(host).finally(() => asked.delete(host));
    asked.set(host, found);
    return await found;
  };
}

/** An address that is not asked, whoever named it. It says what is wrong with it and quotes nothing. */
export class OutwardRefusal extends Error {
  override readonly name = 'OutwardRefusal';
}

/** What is asked of somebody else, and how much may come back. */
export interface OutwardRequest {
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The largest body of an answer, in bytes. */
  readonly bytesMax: number;
  /** Ends the call before its own bound does. */
  readonly signal?: AbortSignal;
  /** The operator wrote the address into the gateway's own settings: then it may be private, and http. */
  readonly named?: boolean;
  /** Not even an address that is written as one, or this machine's own name, may be private: only what the operator lists. */
  readonly publicOnly?: boolean;
  /** The connection may be used again, and the request may be sent twice where one that was kept had ended. */
  readonly keep?: boolean;
}

/** An answer, whatever its status. A redirect is one too: none is followed. */
export interface OutwardAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array;
}

/**
 * Calls somebody else's server. Every call that the gateway makes by itself goes through here, but for those to its store and to
 * the collector of its traces.
 *
 * @throws {@link OutwardRefusal}; whatever the network does; `TimeoutError` at the bound.
 */
export type CallOutward = (address: string, request: OutwardRequest) => Promise<OutwardAnswer>;

export interface OutwardOptions {
  readonly reach: Reach;
  readonly resolve: ResolveHost;
  readonly time: Time;
  /** The bound of one call, in milliseconds. */
  readonly timeoutMs: number;
}

/**
 * Makes the one who calls. A name is looked up once, all that it stands for is judged, and the connection goes to what was
 * judged: a name that stands for something else a moment later (DNS rebinding) leads nowhere else.
 */
export function outward(options: OutwardOptions): CallOutward {
  const { reach, resolve, time, timeoutMs } = options;
  const kept = new KeptAgents();

  async function addressesOf(url: URL, { named, publicOnly }: OutwardRequest): Promise<readonly string[]> {
    const host = hostOf(url);
    const found = isIP(host) === 0 ? await resolve(host) : [host];
    for (const address of found) {
      const why = reachMistake(host, address, reach, nearnessOf(named, publicOnly));
      if (why !== undefined) throw new OutwardRefusal(why);
    }
    return found;
  }

  return async (address, request) => {
    const url = new URL(address);
    const named = request.named === true;
    if (url.protocol !== 'https:' && !(url.protocol === 'http:' && (named || isLoopback(url))))
      throw new OutwardRefusal('neither https nor this machine');
    const bound = new AbortController();
    const late = (): void => bound.abort(new DOMException('took too long', 'TimeoutError'));
    const cancel = time.after(timeoutMs, late);
    const signals = request.signal === undefined ? [bound.signal] : [bound.signal, request.signal];
    const signal = AbortSignal.any(signals);
    try {
      const addresses = await unlessAborted(addressesOf(url, request), signal);
      const way = { url, pinned: pinnedTo(addresses), signal };
      if (request.keep !== true) return await send({ ...way, agent: false }, request);
      return await sendOnKept({ ...way, agent: kept.to(url, addresses) }, request);
    } catch (error) {
      throw signal.aborted ? (signal.reason as Error) : error;
    } finally {
      cancel();
    }
  };
}

function nearnessOf(named = false, publicOnly = false): Nearness {
  if (named) return 'any';
  return publicOnly ? 'listed' : 'own';
}

/** A host as addresses are written: without the brackets of a URL. */
function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

function isLoopback({ hostname }: URL): boolean {
  return /^(localhost|.*\.localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}

function pinnedTo(addresses: readonly string[]): LookupFunction {
  const found = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_host, { all }, done) => {
    const [first] = found;
    if (first === undefined) done(new Error('the name stands for nothing'), '');
    else if (all === true) done(null, found);
    else done(null, first.address, first.family);
  };
}

async function unlessAborted<R>(work: Promise<R>, signal: AbortSignal): Promise<R> {
  return await new Promise<R>((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    work.then(resolve, reject);
  });
}

/** Where a request goes, and over what. */
interface Way {
  readonly url: URL;
  readonly pinned: LookupFunction;
  /** False: over a connection of its own. */
  readonly agent: Agent | false;
  readonly signal: AbortSignal;
}

/** A kept connection that its server has ended meanwhile. */
class EndedConnection extends Error {}

async function sendOnKept(way: Way, request: OutwardRequest): Promise<OutwardAnswer> {
  try {
    return await send(way, request);
  } catch (error) {
    if (!(error instanceof EndedConnection)) throw error;
    return await send({ ...way, agent: false }, request);
  }
}

async function send(
  { url, pinned, agent, signal }: Way,
  { method = 'GET', headers = {}, body, bytesMax }: OutwardRequest,
): Promise<OutwardAnswer> {
  const make = url.protocol === 'https:' ? requestHttps : requestHttp;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = make(url, {
      method,
      agent,
      lookup: pinned,
      signal,
      headers: {
        'accept-encoding': 'identity',
        'user-agent': 'scangate',
        ...headers,
        ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
      },
    });
    sent.on('response', resolve);
    sent.on('error', (error: NodeJS.ErrnoException) => {
      const isEnded = sent.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
      reject(isEnded && !signal.aborted ? new EndedConnection(error.message, { cause: error }) : error);
    });
    sent.end(body);
  });
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: await bytesOf(response, bytesMax),
  };
}

async function bytesOf(response: IncomingMessage, bytesMax: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop destroys the connection.
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > bytesMax) throw new Error('the answer is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
