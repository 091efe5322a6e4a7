import { cursorOfView } from '../../../src/command/ticket-view.ts';
import type { Violation } from '../../history/history.ts';
import { Device } from '../people/device.ts';
import { DeviceLine } from '../people/device-line.ts';
import type { Front } from '../people/front.ts';
import { lookAtSession } from '../people/kept-session.ts';
import { SimulatedProcess } from '../time/simulated-process.ts';
import type { Stage } from './stage.ts';

/** How long each gateway has to answer once everything is healed. */
const ANSWERS_WITHIN_MS = 30_000;

/** Asks every gateway for every ticket and session, now that everything is healed. @returns what got no answer. */
export async function lookAtAll(stage: Stage, tickets: readonly string[]): Promise<readonly Violation[]> {
  const { scheduler } = stage.world;
  const endsAt = scheduler.now + ANSWERS_WITHIN_MS;
  const looks = stage.fronts
    .filter(({ gateway }) => gateway.process.isAlive)
    .map((front, i) => lookAtOne(stage, front, i, endsAt, tickets));
  return (await scheduler.complete(Promise.all(looks), 2 * ANSWERS_WITHIN_MS)).flat();
}

async function lookAtOne(
  { world, recorder }: Stage,
  front: Front,
  index: number,
  endsAt: number,
  tickets: readonly string[],
): Promise<readonly Violation[]> {
  const device = new Device({
    line: new DeviceLine(new SimulatedProcess(world.scheduler, `auditor-${index + 1}`), world.network),
    recorder,
    random: world.random.fork(),
    fronts: () => [front],
    sticky: true,
    endsAt: () => endsAt,
  });
  const unreached = (subject: string): Violation => ({
    law: 'comes back',
    subject,
    seen: `${front.gateway.process.name} does not answer for it`,
  });
  for (const ticket of tickets) {
    const { outcome } = await device.insist(ticket, 'read', device.name, async (at) => {
      const view = await at.tickets.look(ticket, () => undefined);
      return { status: view.ticket.status, cursor: cursorOfView(view), value: undefined };
    });
    if (outcome.kind === 'unknown') return [unreached(ticket)];
  }
  for (const sid of new Set(recorder.sessionCalls.map(({ session }) => session))) {
    const { outcome } = await lookAtSession(device, sid);
    if (outcome.kind === 'unknown') return [unreached(sid)];
  }
  return [];
}
