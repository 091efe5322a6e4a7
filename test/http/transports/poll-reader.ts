import { Agent, request } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import type { Seen } from '../../watch/world.ts';
import type { Ending, Reader } from '../../contract/transport.ts';

/** One plain request, and how it was answered. */
export interface Plain {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Asks once on a connection of its own, unless an agent is given; the connection says that it could be kept. */
export function ask(
  url: string,
  options: { method?: string; headers?: Record<string, string>; agent?: Agent; signal?: AbortSignal } = {},
): Promise<Plain> {
  const own = options.agent === undefined ? new Agent({ keepAlive: true }) : undefined;
  return new Promise<Plain>((resolve, reject) => {
    const sent = request(url, { agent: own, ...options }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode!,
          headers: response.headers,
          body: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    sent.on('error', reject);
    sent.end();
  }).finally(() => own?.destroy());
}

/** A poll, read by node:http. */
export function pollReader(url: string): Reader {
  const told: Seen[] = [];
  const leaving = new AbortController();
  async function run(): Promise<Ending> {
    const answer = await ask(url, { signal: leaving.signal });
    if (answer.status === 200) {
      told.push(JSON.parse(answer.body) as Seen);
      return ['pending', 'scanned'].includes(told[0]!.status) ? 'again' : 'over';
    }
    if (answer.status === 204) return answer.headers['connection'] === 'close' ? 'again' : 'over';
    if (answer.status === 400) return 'bad';
    return answer.status === 404 ? 'unknown' : 'again';
  }
  const ended = run();
  ended.catch(() => undefined);
  return { told, ended, leave: () => leaving.abort() };
}
