import { writeFile } from 'node:fs/promises';
import { BadCall } from './bad-call.ts';
import { Bench } from './conformance/bench.ts';
import type { Target } from './conformance/bench.ts';
import { exchange } from './conformance/exchange.ts';
import { line, reportOf, summary } from './conformance/report.ts';
import { runChecks } from './conformance/run.ts';
import { SUITE } from './conformance/suite.ts';
import { STATUS } from './terminal.ts';
import type { Status, Terminal } from './terminal.ts';

/** Which gateway is held against what, and as whom. */
export interface ConformanceCall {
  /** The gateway, as this machine reaches it. */
  readonly url: string;
  readonly demo?: true;
  /** A phone token of a user; absent: a demo phone's. */
  readonly bearer?: string;
  /** One of another user. */
  readonly otherBearer?: string;
  readonly client: string;
  readonly redirectUri?: string;
  readonly clientSecret?: string;
  /** Checks whose group or name holds one of these texts; empty: all. */
  readonly only: readonly string[];
  readonly slow?: true;
  /** Checks at a time. */
  readonly jobs: number;
  /** A file for the report. */
  readonly report?: string;
}

/**
 * The delivery suite, from outside: what docs/wire.md promises to browsers and phones, held against any gateway.
 *
 * @throws BadCall where there is no such gateway, or no such check.
 */
export async function runConformance(call: ConformanceCall, { say, tell }: Terminal): Promise<Status> {
  const target = await targetOf(call);
  const startedAt = new Date();
  const bench = new Bench(target);
  const { only } = call;
  const checks = SUITE.filter(({ group, name }) =>
    only.length === 0 ? true : only.some((text) => `${group}: ${name}`.includes(text)),
  );
  if (checks.length === 0) throw new BadCall(`no check holds ${only.join(' or ')}`);
  if (checks.some(({ name }) => name.includes('expired'))) void bench.expired().catch(() => undefined);
  say(`scangate delivery suite: ${checks.length} checks against ${target.url}\n\n`);
  const results = await runChecks(bench, checks, call.jobs, (result) => say(`${line(result)}\n`));
  say(`\n${summary(results)}\n`);
  const report = reportOf(target.url, startedAt, results);
  if (call.report !== undefined) await writeFile(call.report, `${JSON.stringify(report, null, 2)}\n`);
  tell(report);
  return results.some(({ outcome }) => outcome === 'failed') ? STATUS.failed : STATUS.done;
}

async function targetOf(given: ConformanceCall): Promise<Target> {
  if (!URL.canParse(given.url)) throw new BadCall('--url needs an address');
  const url = given.url.replace(/\/+$/, '');
  if (given.demo === true && given.bearer !== undefined)
    throw new BadCall('--demo and --bearer exclude each other');
  return {
    url,
    client: {
      id: given.client,
      secret: given.clientSecret,
      redirectUri:
        given.redirectUri ?? (given.client === 'demo' ? `${await issuerOf(url)}/demo/callback` : undefined),
    },
    bearer: given.bearer ?? 'demo-conformance',
    otherBearer: given.otherBearer ?? (given.bearer === undefined ? 'demo-somebody-else' : undefined),
    slow: given.slow === true,
  };
}

/** The gateway's public address may be another than the one it is reached by. */
async function issuerOf(url: string): Promise<string> {
  const answer = await exchange(`${url}/.well-known/oauth-authorization-server`).catch((error: unknown) => {
    throw new BadCall(`${url} does not answer: ${whyOf(error as NodeJS.ErrnoException)}`);
  });
  const issuer = answer.body['issuer'];
  return typeof issuer === 'string' ? issuer : url;
}

function whyOf({ code = '', message }: NodeJS.ErrnoException): string {
  const isOwn = /SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)/.test(code);
  return isOwn ? `${message}: NODE_EXTRA_CA_CERTS=<file> names an authority of your own to trust` : message;
}
