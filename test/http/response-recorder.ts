import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { checkResponse } from './openapi-check.ts';

/** What was learnt of all responses that a server has given. */
export interface ResponseRecord {
  /** Entries of `openapi.yaml` that were hit. */
  readonly entries: Set<string>;
  readonly violations: string[];
}

/** Holds every response of a server against `openapi.yaml`, whoever asked for it. */
export function recordResponses(server: Server): ResponseRecord {
  const record: ResponseRecord = { entries: new Set(), violations: [] };
  server.prependListener('request', (req: IncomingMessage, res: ServerResponse) => {
    let body: string | undefined;
    const end = res.end.bind(res) as (...args: unknown[]) => ServerResponse;
    const heads: unknown[][] = [];
    const writeHead = res.writeHead.bind(res) as (...args: unknown[]) => ServerResponse;
    Object.assign(res, {
      writeHead: (...args: unknown[]) => {
        heads.push(args);
        return writeHead(...args);
      },
      end: (...args: unknown[]) => {
        body = typeof args[0] === 'string' ? args[0] : '';
        return end(...args);
      },
    });
    res.once('close', () => {
      if (!res.headersSent) return;
      const headers = { ...res.getHeaders(), ...headersOf(heads[0]?.at(-1)) };
      const type = headers['content-type'];
      const found = checkResponse({
        method: req.method ?? '',
        path: (req.url ?? '').split('?', 1)[0] ?? '',
        status: res.statusCode,
        type: typeof type === 'string' ? type : undefined,
        headers,
        body: typeof type === 'string' && type.startsWith('text/event-stream') ? undefined : body,
      });
      if (found.entry !== undefined) record.entries.add(found.entry);
      if (found.violation !== undefined) record.violations.push(found.violation);
    });
  });
  return record;
}

function headersOf(written: unknown): Record<string, unknown> {
  const pairs = Array.isArray(written)
    ? written.flatMap((_one, index, all) => (index % 2 === 0 ? [[all[index], all[index + 1]]] : []))
    : Object.entries(typeof written === 'object' && written !== null ? written : {});
  return Object.fromEntries(pairs.map(([name, value]) => [String(name).toLowerCase(), value as unknown]));
}
