import { writeFile } from 'node:fs/promises';
import { argv, stderr, stdout } from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Bench } from './conformance/bench.ts';
import type { Target } from './conformance/bench.ts';
import { exchange } from './conformance/exchange.ts';
import { jsonReport, line, summary } from './conformance/report.ts';
import { runChecks } from './conformance/run.ts';
import { SUITE } from './conformance/suite.ts';

const USAGE = `conformance --url <gateway> [--demo | --bearer <phone token>] [options]

  --url <address>           the gateway, as this machine reaches it
  --demo                    its phones are demo phones (the default)
  --bearer <token>          a phone token of a user, for a gateway with jwt identity
  --other-bearer <token>    one of another user
  --client <id>             the client to act for (demo)
  --redirect-uri <address>  a redirect address of that client
  --client-secret <secret>  its secret, where it has one
  --only <text>             checks whose group or name holds this text; may be repeated
  --slow                    also what takes up to three minutes: heartbeats, pings, deadlines, rotation
  --json <file>             write a report
  --jobs <count>            checks at a time (6)

Exit status: 0 all passed, 1 one failed, 2 a wrong call or no gateway.
`;

const OPTIONS = {
  url: { type: 'string' },
  demo: { type: 'boolean' },
  bearer: { type: 'string' },
  'other-bearer': { type: 'string' },
  client: { type: 'string', default: 'demo' },
  'redirect-uri': { type: 'string' },
  'client-secret': { type: 'string' },
  only: { type: 'string', multiple: true, default: [] as string[] },
  slow: { type: 'boolean', default: false },
  json: { type: 'string' },
  jobs: { type: 'string', default: '6' },
} as const;

type Given = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'];

/**
 * The delivery suite, from outside: what docs/wire.md promises to browsers and phones, held against any gateway.
 *
 * @param args without the command's name. @returns the exit status.
 */
export async function runConformance(
  args: readonly string[],
  write: (text: string) => void,
  complain: (text: string) => void,
): Promise<number> {
  try {
    const given = parseArgs({ args: [...args], options: OPTIONS }).values;
    const target = await targetOf(given);
    const startedAt = new Date();
    const bench = new Bench(target);
    const checks = SUITE.filter(({ group, name }) =>
      given.only.length === 0 ? true : given.only.some((text) => `${group}: ${name}`.includes(text)),
    );
    if (checks.length === 0) throw new Error(`no check holds ${given.only.join(' or ')}`);
    if (checks.some(({ name }) => name.includes('expired'))) void bench.expired().catch(() => undefined);
    write(`scangate delivery suite: ${checks.length} checks against ${target.url}\n\n`);
    const jobs = Math.min(32, Math.max(1, Number(given.jobs) || 1));
    const results = await runChecks(bench, checks, jobs, (result) => write(`${line(result)}\n`));
    write(`\n${summary(results)}\n`);
    if (given.json !== undefined) await writeFile(given.json, jsonReport(target.url, startedAt, results));
    return results.some(({ outcome }) => outcome === 'failed') ? 1 : 0;
  } catch (error) {
    complain(`conformance: ${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    return 2;
  }
}

async function targetOf(given: Given): Promise<Target> {
  if (given.url === undefined || !URL.canParse(given.url)) throw new Error('--url needs an address');
  const url = given.url.replace(/\/+$/, '');
  if (given.demo === true && given.bearer !== undefined)
    throw new Error('--demo and --bearer exclude each other');
  return {
    url,
    client: {
      id: given.client,
      secret: given['client-secret'],
      redirectUri:
        given['redirect-uri'] ??
        (given.client === 'demo' ? `${await issuerOf(url)}/demo/callback` : undefined),
    },
    bearer: given.bearer ?? 'demo-conformance',
    otherBearer: given['other-bearer'] ?? (given.bearer === undefined ? 'demo-somebody-else' : undefined),
    slow: given.slow,
  };
}

/** The gateway's public address may be another than the one it is reached by. */
async function issuerOf(url: string): Promise<string> {
  const answer = await exchange(`${url}/.well-known/oauth-authorization-server`).catch((error: unknown) => {
    throw new Error(`${url} does not answer: ${(error as Error).message}`);
  });
  const issuer = answer.body['issuer'];
  return typeof issuer === 'string' ? issuer : url;
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = await runConformance(
    argv.slice(2),
    (text) => stdout.write(text),
    (text) => stderr.write(text),
  );
}
