import { checkAddresses } from '../../compose/check/address-check.ts';
import type { AddressCheck } from '../../compose/check/address-check.ts';
import { checkCertificate } from '../../compose/check/certificate-check.ts';
import { checkFolder } from '../../compose/check/folder-check.ts';
import type { FolderCheck } from '../../compose/check/folder-check.ts';
import { dryRun } from '../../compose/check/dry-run.ts';
import { checkRedis } from '../../compose/check/redis-check.ts';
import type { ServerCheck } from '../../compose/check/redis-check.ts';
import { BadSetting } from '../../config/bad-setting.ts';
import { readConfig } from '../../config/config.ts';
import type { Config } from '../../config/config.ts';
import { settingsInEffect } from '../../config/settings-in-effect.ts';
import { megabytes, textOf } from './check-text.ts';
import type { Found } from './check-text.ts';
import { receiversOf } from '../../compose/webhooks/receivers.ts';
import { shownReceiver } from '../../webhooks/receiver.ts';
import type { ShownReceiver } from '../../webhooks/receiver.ts';
import { reasonOf } from '../reason.ts';
import { risksOf } from '../../config/risks.ts';
import { STATUS } from '../terminal.ts';
import type { Status, Terminal } from '../terminal.ts';

/** From which difference on a server's clock is worth a word, in milliseconds. */
const CLOCK_MS = 1000;
/** Less free than this is worth a word, in bytes. */
const ROOM_BYTES = 100_000_000;

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
  const store = await lookAtStore(config);
  const addresses = await checkAddresses(config);
  return {
    settings: settingsInEffect(process.env, config),
    risks: [
      ...risksOf(config, process.env['NODE_TLS_REJECT_UNAUTHORIZED'] === '0'),
      ...checkCertificate(config),
      ...clockRisks(store.servers),
      ...copyRisks(store.servers),
      ...roomRisks(store.folder),
      ...addressLines(addresses, ({ isDispensable }) => isDispensable),
    ],
    ...store,
    ...webhooksOf(config),
    problems: [
      ...problemsOfParts(config),
      ...store.problems,
      ...addressLines(addresses, ({ isDispensable }) => !isDispensable),
    ],
  };
}

/** A file that cannot be used is told as a problem. */
function webhooksOf(config: Config): { readonly webhooks?: readonly ShownReceiver[] } {
  try {
    const webhooks = receiversOf(config).map(shownReceiver);
    return webhooks.length === 0 ? {} : { webhooks };
  } catch {
    return {};
  }
}

function problemsOfParts(config: Config): readonly string[] {
  try {
    dryRun(config);
    return [];
  } catch (error) {
    return [reasonOf(error)];
  }
}

async function lookAtStore(config: Config): Promise<Pick<Found, 'servers' | 'folder' | 'problems'>> {
  if (config.storeKind === 'file') {
    const folder = await checkFolder(config);
    return { servers: [], folder, problems: folder.problems.map((problem) => `SCANGATE_STORE: ${problem}`) };
  }
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

function addressLines(
  addresses: readonly AddressCheck[],
  isRisk: (address: AddressCheck) => boolean,
): readonly string[] {
  return addresses
    .filter((one) => one.cause !== undefined && isRisk(one))
    .map(({ setting, address, cause }) =>
      cause === 'EADDRINUSE'
        ? `${setting}: something listens on ${address} already`
        : `${setting}: ${address} cannot be listened on: ${cause}`,
    );
}

function clockRisks(servers: readonly ServerCheck[]): readonly string[] {
  return servers
    .filter(({ clockAheadMs }) => Math.abs(clockAheadMs) >= CLOCK_MS)
    .map(
      ({ server, clockAheadMs }) =>
        `SCANGATE_STORE: the clock of ${server} is ${clockAheadMs} ms ahead of ours`,
    );
}

function copyRisks(servers: readonly ServerCheck[]): readonly string[] {
  return servers
    .filter(({ deniedCopies }) => deniedCopies.length > 0)
    .map(
      ({ server, deniedCopies }) =>
        `SCANGATE_STORE: export and import cannot work: the user of ${server} may not ${deniedCopies.join(', ')}`,
    );
}

function roomRisks(folder: FolderCheck | undefined): readonly string[] {
  if (folder === undefined || folder.freeBytes >= ROOM_BYTES) return [];
  return [`SCANGATE_STORE: ${megabytes(folder.freeBytes)} are free for ${folder.folder}`];
}
