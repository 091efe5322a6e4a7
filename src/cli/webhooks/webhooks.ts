import { openDeadLetters } from '../../compose/webhooks/queues.ts';
import { receiversOf } from '../../compose/webhooks/receivers.ts';
import { toolConfig } from '../tool-config.ts';
import type { Facts } from '../../record/entry/entry.ts';
import type { DeadLetter, DeadLetters } from '../../webhooks/message-queue.ts';
import { shownReceiver } from '../../webhooks/receiver.ts';
import type { Receiver } from '../../webhooks/receiver.ts';
import { BadCall } from '../bad-call.ts';
import { counted } from '../counted.ts';
import { STATUS } from '../terminal.ts';
import type { Status, Terminal } from '../terminal.ts';

/** What the command was called with. */
export interface WebhooksGiven {
  readonly json?: boolean;
  readonly webhook?: string;
  readonly event?: string;
}

/** How many dead letters are read, or wanted again, at a time. */
const PAGE = 200;

/** Shows webhooks, or has dead letters tried again. @throws BadCall, BadSetting, StoreRefused */
export async function webhooks(what: string, given: WebhooksGiven, terminal: Terminal): Promise<Status> {
  const config = toolConfig();
  if (config.SCANGATE_WEBHOOKS_FILE === undefined) throw new BadCall('SCANGATE_WEBHOOKS_FILE names no file');
  const receivers = receiversOf(config).filter(
    ({ id }) => given.webhook === undefined || id === given.webhook,
  );
  if (given.webhook !== undefined && receivers.length === 0)
    throw new BadCall(
      `no webhook has the id ${given.webhook}: \`scangate webhooks\` shows those that are there`,
    );
  const letters = await openDeadLetters(config);
  try {
    if (what === 'dead') await showDead(letters, receivers, given, terminal);
    else if (what === 'replay') await replay(letters, receivers, given, terminal);
    else await list(letters, receivers, terminal);
    return STATUS.done;
  } finally {
    await letters?.close();
  }
}

async function list(
  letters: DeadLetters | undefined,
  receivers: readonly Receiver[],
  { say, tell }: Terminal,
): Promise<void> {
  if (receivers.length === 0) say('No webhooks.\n');
  for (const receiver of receivers) {
    const shown = shownReceiver(receiver);
    const figures = (await letters?.figures(receiver.id)) ?? { waiting: 0, dead: 0, gone: 0 };
    const { waiting, dead, gone } = figures;
    const whom = shown.client_id === undefined ? 'all clients' : `client ${shown.client_id}`;
    const kinds = shown.kinds === undefined ? 'all kinds' : shown.kinds.join(', ');
    say(
      `${shown.id}  ${shown.address}  ${shown.signatures.join(' ')}  ${whom}, ${kinds}: ${waiting} waiting, ${dead} dead, ${gone} let go\n`,
    );
    tell({ ...shown, waiting, dead, let_go: gone });
  }
}

async function showDead(
  letters: DeadLetters | undefined,
  receivers: readonly Receiver[],
  given: WebhooksGiven,
  { say, tell }: Terminal,
): Promise<void> {
  for (const { id } of receivers)
    for await (const letter of deadOf(letters, id, given.event)) {
      const { kind, ticket_id: ticketId } = JSON.parse(letter.text) as Facts;
      const at = new Date(letter.at).toISOString();
      say(
        `${at}  ${id}  ${letter.id}  ${kind}  ${ticketId ?? '–'}  ${counted(letter.tries, 'try', 'tries')}: ${letter.reason}\n`,
      );
      tell({
        webhook: id,
        id: letter.id,
        kind,
        ticket_id: ticketId,
        tries: letter.tries,
        reason: letter.reason,
        at,
      });
    }
}

async function replay(
  letters: DeadLetters | undefined,
  receivers: readonly Receiver[],
  given: WebhooksGiven,
  { say, tell }: Terminal,
): Promise<void> {
  let count = 0;
  for (const { id } of receivers) {
    const places: string[] = [];
    for await (const { place } of deadOf(letters, id, given.event)) places.push(place);
    await letters?.replay(id, places);
    count += places.length;
  }
  say(`${counted(count, 'message is', 'messages are')} tried again.\n`);
  tell({ replayed: count });
}

async function* deadOf(
  letters: DeadLetters | undefined,
  receiver: string,
  event: string | undefined,
): AsyncGenerator<DeadLetter> {
  let after: string | undefined;
  for (;;) {
    const page = (await letters?.dead(receiver, after, PAGE)) ?? [];
    yield* page.filter(({ id }) => event === undefined || id === event);
    after = page.at(-1)?.place;
    if (page.length < PAGE) return;
  }
}
