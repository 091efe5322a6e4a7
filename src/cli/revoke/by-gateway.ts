import { createInterface } from 'node:readline';
import { realpathSync } from 'node:fs';
import { Readable } from 'node:stream';
import { folderOf } from '../../compose/store/folder.ts';
import type { Config } from '../../config/config.ts';
import type { RevocationReport, Selected } from '../../oauth/revocation/revocation.ts';
import type { AskedSelection } from '../../oauth/revocation/selection.ts';
import { REVOCATIONS_PATH } from '../../operate/revocations.ts';
import { StoreRefused } from '../../store/refused.ts';

/** What is heard of a revocation while it runs. */
export interface RevocationEar {
  selected(one: Selected): void;
  progress(report: RevocationReport): void;
}

/** One line of the gateway's answer. */
interface Told {
  readonly selected?: Selected;
  readonly progress?: RevocationReport;
  readonly report?: RevocationReport;
  readonly error?: string;
}

/** Has the gateway revoke that has the store's folder, over its listener for operators. @throws StoreRefused */
export async function revokeByGateway(
  config: Config,
  asked: AskedSelection,
  isDryRun: boolean,
  ear: RevocationEar,
): Promise<RevocationReport> {
  for await (const line of await linesOf(config, { ...asked, dry_run: isDryRun })) {
    const told = JSON.parse(line) as Told;
    if (told.selected !== undefined) ear.selected(told.selected);
    else if (told.report !== undefined) return told.report;
    else if (told.error !== undefined) throw new StoreRefused(told.error);
    else if (told.progress?.looked !== undefined) ear.progress(told.progress);
  }
  throw new StoreRefused('the gateway ended before it was through: the same again ends what is left');
}

async function linesOf(config: Config, asked: object): Promise<AsyncIterable<string>> {
  const { adminListen: at, SCANGATE_ADMIN_TOKEN: token } = config;
  const why = 'a gateway has the folder; set SCANGATE_ADMIN_LISTEN (or PORT) as it has it';
  if (at === undefined) throw new StoreRefused(why);
  const host = ['0.0.0.0', '::'].includes(at.host) ? '127.0.0.1' : at.host;
  const url = new URL(REVOCATIONS_PATH, `http://${host.includes(':') ? `[${host}]` : host}:${at.port}`);
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
