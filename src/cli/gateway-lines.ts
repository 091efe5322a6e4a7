import { realpathSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { folderOf } from '../compose/store/folder.ts';
import type { Config } from '../config/config.ts';
import { StoreRefused } from '../store/refused.ts';

/**
 * Asks the gateway that has the store's folder, over its listener for operators.
 *
 * @param path where. @returns the lines of its answer, each a value in JSON.
 * @throws StoreRefused where none answers that has this folder.
 */
export async function linesOfGateway(
  config: Config,
  path: string,
  asked: object,
): Promise<AsyncIterable<string>> {
  const { adminListen: at, SCANGATE_ADMIN_TOKEN: token } = config;
  const why = 'a gateway has the folder; set SCANGATE_ADMIN_LISTEN (or PORT) as it has it';
  if (at === undefined) throw new StoreRefused(why);
  const host = ['0.0.0.0', '::'].includes(at.host) ? '127.0.0.1' : at.host;
  const url = new URL(path, `http://${host.includes(':') ? `[${host}]` : host}:${at.port}`);
  const store = realpathSync(folderOf(config.SCANGATE_STORE));
  const answer = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ ...asked, store }),
    redirect: 'error',
  }).catch(() => {
    throw new StoreRefused(`${why}: nothing answers at ${url.host}`);
  });
  if (answer.status === 401) throw new StoreRefused('the gateway wants its SCANGATE_ADMIN_TOKEN');
  const isOurs = answer.headers.get('content-type')?.endsWith('json') === true;
  if (!isOurs || answer.body === null) throw new StoreRefused(`${why}: at ${url.host} is something else`);
  const input = Readable.fromWeb(answer.body);
  const lines = createInterface({ input });
  // A gateway that ends in the middle: what came until then is read, and nothing is thrown beside that.
  for (const one of [input, lines]) one.on('error', () => lines.close());
  return lines;
}
