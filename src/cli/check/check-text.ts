import type { FolderCheck } from '../../compose/check/folder-check.ts';
import type { ServerCheck } from '../../compose/check/redis-check.ts';
import type { SettingInEffect } from '../../config/settings-in-effect.ts';
import type { ShownReceiver } from '../../webhooks/receiver.ts';

/** What a check found. */
export interface Found {
  readonly settings: readonly SettingInEffect[];
  readonly risks: readonly string[];
  /** Of a Redis; of a file store there is none. */
  readonly servers: readonly ServerCheck[];
  /** Of a file store. */
  readonly folder?: FolderCheck;
  /** Of the webhooks' file, where there is one: nothing of a secret, and of an address its origin. */
  readonly webhooks?: readonly ShownReceiver[];
  /** Why a gateway would not start; empty: it would. */
  readonly problems: readonly string[];
}

/** What people read of it. */
export function textOf({ settings, risks, servers, folder, webhooks = [], problems }: Found): string {
  const rows = settings.map(
    ({ name, value, source }) => `  ${name.padEnd(40)} ${(value ?? '–').padEnd(28)} ${source}`,
  );
  return [
    'Settings',
    ...rows,
    ...(folder === undefined ? [] : ['', 'File store', folderLine(folder)]),
    ...(servers.length === 0 ? [] : ['', 'Redis', ...servers.map(serverLine)]),
    ...(webhooks.length === 0 ? [] : ['', 'Webhooks', ...webhooks.map(webhookLine)]),
    ...(risks.length === 0 ? [] : ['', 'Risky', ...risks.map((risk) => `  ${risk}`)]),
    '',
    ...(problems.length === 0
      ? ['A gateway would start.']
      : ['A gateway would not start:', ...problems.map((problem) => `  ${problem}`)]),
    '',
  ].join('\n');
}

function webhookLine({ id, address, client_id: clientId, kinds, signatures }: ShownReceiver): string {
  const whom = clientId === undefined ? 'all clients' : `client ${clientId}`;
  return `  ${id} ${address}: ${whom}, ${kinds?.join(', ') ?? 'all kinds'}, signed ${signatures.join(' ')}`;
}

function folderLine({ folder, format, isInUse, freeBytes }: FolderCheck): string {
  const has = format === null ? 'nothing there yet' : `format ${format}`;
  return `  ${folder}: ${has}, ${isInUse ? 'in use' : 'not in use'}, ${megabytes(freeBytes)} free`;
}

/** A size for people, in MB of a million bytes. */
export function megabytes(bytes: number): string {
  return `${Math.floor(bytes / 1_000_000)} MB`;
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
