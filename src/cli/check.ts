import { accessSync, constants, existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { checkAddresses } from '../compose/check/address-check.ts';
import type { AddressCheck } from '../compose/check/address-check.ts';
import { checkCertificate } from '../compose/check/certificate-check.ts';
import { dryRun } from '../compose/check/dry-run.ts';
import { checkRedis } from '../compose/check/redis-check.ts';
import type { ServerCheck } from '../compose/check/redis-check.ts';
import { BadSetting } from '../config/bad-setting.ts';
import { readConfig } from '../config/config.ts';
import type { Config } from '../config/config.ts';
import { settingsInEffect } from '../config/settings-in-effect.ts';
import type { SettingInEffect } from '../config/settings-in-effect.ts';
import { reasonOf } from './reason.ts';
import { risksOf } from '../config/risks.ts';
import { STATUS } from './terminal.ts';
import type { Status, Terminal } from './terminal.ts';

/** What a check found. */
interface Found {
  readonly settings: readonly SettingInEffect[];
  readonly risks: readonly string[];
  readonly servers: readonly ServerCheck[];
  /** Why a gateway would not start; empty: it would. */
  readonly problems: readonly string[];
}

/** From which difference on a server's clock is worth a word, in milliseconds. */
const CLOCK_MS = 1000;

/** Says which settings take effect, what is risky, and how the store is. It changes nothing. */
export async function check(terminal: Terminal): Promise<Status> {
  const found = await look();
  terminal.say(textOf(found));
  terminal.tell({ starts: found.problems.length === 0, ...found });
  return found.problems.length === 0 ? STATUS.done : STATUS.failed;
}

async function look(): Promise<Found> {
  let config: Config;
  try {
    config = readConfig(process.env);
  } catch (error) {
    if (!(error instanceof BadSetting)) throw error;
    const settings = settingsInEffect(process.env, undefined);
    return { settings, risks: [], servers: [], problems: [error.message] };
  }
  const { servers, problems } = await lookAtStore(config);
  const addresses = await checkAddresses(config);
  return {
    settings: settingsInEffect(process.env, config),
    risks: [
      ...risksOf(config, process.env['NODE_TLS_REJECT_UNAUTHORIZED'] === '0'),
      ...checkCertificate(config),
      ...clockRisks(servers),
      ...takenRisks(addresses),
    ],
    servers,
    problems: [...problemsOfParts(config), ...problems, ...addressProblems(addresses)],
  };
}

function problemsOfParts(config: Config): readonly string[] {
  try {
    dryRun(config);
    return [];
  } catch (error) {
    return [reasonOf(error)];
  }
}

async function lookAtStore(config: Config): Promise<Pick<Found, 'servers' | 'problems'>> {
  if (config.storeKind === 'file') return { servers: [], problems: folderProblems(config.SCANGATE_STORE) };
  try {
    const servers = await checkRedis(config.SCANGATE_STORE);
    const problems = servers.flatMap((one) =>
      one.role === 'slave' ? [] : one.problems.map((problem) => `SCANGATE_STORE: ${one.server}: ${problem}`),
    );
    return { servers, problems };
  } catch (error) {
    const why = (error as Error).message.replaceAll(/\s*\n\s*/g, ' ');
    return { servers: [], problems: [`SCANGATE_STORE: no Redis to be reached: ${why}`] };
  }
}

/** The folder, or what it would be made in, must be ours to write. */
function folderProblems(store: string): readonly string[] {
  let path = resolve(store.slice('file:'.length));
  while (!existsSync(path) && dirname(path) !== path) path = dirname(path);
  try {
    accessSync(path, constants.W_OK);
    return [];
  } catch {
    return [`SCANGATE_STORE: ${path} cannot be written`];
  }
}

const TAKEN = 'EADDRINUSE';

/** Whoever checks beside a gateway that runs finds its addresses taken: worth a word, and no mistake. */
function takenRisks(addresses: readonly AddressCheck[]): readonly string[] {
  return addresses
    .filter(({ cause }) => cause === TAKEN)
    .map(({ setting, address }) => `${setting}: something listens on ${address} already`);
}

function addressProblems(addresses: readonly AddressCheck[]): readonly string[] {
  return addresses
    .filter(({ cause }) => cause !== undefined && cause !== TAKEN)
    .map(({ setting, address, cause }) => `${setting}: ${address} cannot be listened on: ${cause}`);
}

function clockRisks(servers: readonly ServerCheck[]): readonly string[] {
  return servers
    .filter(({ clockAheadMs }) => Math.abs(clockAheadMs) >= CLOCK_MS)
    .map(
      ({ server, clockAheadMs }) =>
        `SCANGATE_STORE: the clock of ${server} is ${clockAheadMs} ms ahead of ours`,
    );
}

function textOf({ settings, risks, servers, problems }: Found): string {
  const rows = settings.map(
    ({ name, value, source }) => `  ${name.padEnd(40)} ${(value ?? '–').padEnd(28)} ${source}`,
  );
  return [
    'Settings',
    ...rows,
    ...(servers.length === 0 ? [] : ['', 'Redis', ...servers.map(serverLine)]),
    ...(risks.length === 0 ? [] : ['', 'Risky', ...risks.map((risk) => `  ${risk}`)]),
    '',
    ...(problems.length === 0
      ? ['A gateway would start.']
      : ['A gateway would not start:', ...problems.map((problem) => `  ${problem}`)]),
    '',
  ].join('\n');
}

function serverLine({ server, role, version, policy, denied, clockAheadMs, problems }: ServerCheck): string {
  const may =
    denied === undefined
      ? 'what its user may is not known'
      : denied.length === 0
        ? 'its user may do all that is needed'
        : `its user may not ${denied.join(', ')}`;
  const bad = problems.length === 0 ? '' : `; ${problems.join('; ')}`;
  return `  ${server}: ${role}, Redis ${version}, ${policy}, ${may}, clock ${clockAheadMs} ms ahead of ours${bad}`;
}
