import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';

/** How long a connection that nobody uses is kept, in milliseconds: less than servers keep theirs. */
const IDLE_MS = 3000;
/** How many sets of addresses connections are kept to. */
const AGENTS_MAX = 256;
/** How many connections to one server are kept while nobody uses them. */
const IDLE_MAX = 32;

/**
 * Connections that are used again. Each was opened for one name at addresses that were judged, and serves that name alone, only
 * while it stands for those very addresses.
 */
export class KeptAgents {
  readonly #agents = new Map<string, HttpAgent>();

  /** @param addresses what the name stands for now, judged. */
  to({ protocol }: URL, addresses: readonly string[]): HttpAgent {
    const key = [protocol, ...addresses.toSorted()].join(' ');
    const known = this.#agents.get(key);
    this.#agents.delete(key);
    const options = { keepAlive: true, maxFreeSockets: IDLE_MAX, timeout: IDLE_MS };
    const agent = known ?? (protocol === 'https:' ? new HttpsAgent(options) : new HttpAgent(options));
    this.#agents.set(key, agent);
    const [oldest] = this.#agents.keys();
    if (this.#agents.size > AGENTS_MAX && oldest !== undefined) {
      this.#agents.get(oldest)?.destroy();
      this.#agents.delete(oldest);
    }
    return agent;
  }
}
