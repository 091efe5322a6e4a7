import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { createLocalJWKSet } from 'jose';
import type { JSONWebKeySet } from 'jose';
import type { Receipt } from '../../oauth/receipts/receipt.ts';
import {
  NoReceipt,
  RECEIPT_LENGTH_MAX,
  looksSigned,
  verifiedReceipt,
} from '../../oauth/receipts/verified-receipt.ts';
import { BadCall } from '../bad-call.ts';
import { STATUS } from '../terminal.ts';
import type { Status, Terminal } from '../terminal.ts';
import type { AuditGiven } from './audit-given.ts';

/** What a file holds that looks like a receipt; undefined for any other, however long. A pipe can be read only once: it is none. */
export function receiptIn(file: string): string | undefined {
  if (!statSync(file).isFile()) return undefined;
  const bytes = Buffer.alloc(RECEIPT_LENGTH_MAX);
  const opened = openSync(file, 'r');
  try {
    const text = bytes.toString('utf8', 0, readSync(opened, bytes)).trim();
    return looksSigned(text) ? text : undefined;
  } finally {
    closeSync(opened);
  }
}

/** `audit verify` of a receipt: it needs the keys alone, and neither gateway nor store. @throws BadCall without `--keys` */
export async function proveReceipt(
  text: string,
  { keys, heads }: AuditGiven,
  { say, tell }: Terminal,
): Promise<Status> {
  if (heads !== undefined) throw new BadCall('a receipt takes no --heads: it stands in no chain');
  if (keys === undefined)
    throw new BadCall('a receipt takes --keys: what /.well-known/scangate-record-keys of its gateway says');
  const trusted = keySetIn(keys);
  try {
    const receipt = await verifiedReceipt(text, trusted);
    say(lineOf(receipt));
    tell({ receipt });
    return STATUS.done;
  } catch (error) {
    if (!(error instanceof NoReceipt)) throw error;
    say(`no receipt of a gateway with these keys: ${error.message}\n`);
    tell({ receipt: null, reason: error.message });
    return STATUS.failed;
  }
}

function keySetIn(file: string): JSONWebKeySet {
  try {
    const set = JSON.parse(readFileSync(file, 'utf8')) as JSONWebKeySet;
    createLocalJWKSet(set);
    return set;
  } catch (error) {
    throw new BadCall(`--keys ${file}: ${(error as Error).message}`);
  }
}

/** What the browser says of itself stands last and quoted: it may have written it to be misread. */
function lineOf(receipt: Receipt): string {
  const { sub_id, client_id, ticket_id, iat, number_matched, browser } = receipt;
  const parts = [
    `${JSON.stringify(sub_id.sub)} of ${sub_id.iss} approved a sign-in`,
    `for ${client_id}`,
    `of a browser at ${browser.ip}`,
    number_matched ? 'with the number that it showed' : 'without a number',
    `ticket ${ticket_id}`,
    `browser ${JSON.stringify(browser.agent)}`,
  ];
  return `${new Date(iat * 1000).toISOString()}  ${parts.join(', ').replaceAll(/[\p{Cc}\p{Cf}]/gu, '')}\n`;
}
