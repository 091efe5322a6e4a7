import type { Played } from '../run/play.ts';
import { short } from '../people/device.ts';
import type { Line } from '../people/recorder.ts';
import type { Fault, Schedule, SignIn, Target } from '../schedule/schedule.ts';

/** A ticket or session by the first characters of its id, in a line of a story. */
const NAMED = /(?:to \w+(?: session)?|^\w+(?: session)?|is told) ([A-Za-z0-9_-]{6})\b/;

/** Tells one play: what was planned, a line for each event that has to do with what was broken, and what that was. */
export function storyOf({ schedule, lines, violations, virtualMs }: Played): string {
  const concerned = new Set(violations.map(({ subject }) => short(subject)));
  const told = concerned.size === 0 ? lines : lines.filter((line) => concerns(line, concerned));
  return [
    ...planOf(schedule),
    '',
    ...told.map(({ at, who, what }) => `${(at / 1000).toFixed(4).padStart(9)} s  ${who.padEnd(18)} ${what}`),
    '',
    ...violations.map(({ law, subject, seen }) => `broken, ${law}: ${subject}: ${seen}`),
    `${(virtualMs / 1000).toFixed(0)} s of virtual time`,
  ].join('\n');
}

/** A line that names no ticket concerns everyone; one that names a ticket, or a session, its own. */
function concerns({ what }: Line, concerned: ReadonlySet<string>): boolean {
  const named = NAMED.exec(what)?.[1];
  return named === undefined || [...concerned].some((id) => id.slice(0, 2) === named.slice(0, 2));
}

function planOf({ seed, gateways, replicas, durability, signIns, faults }: Schedule): readonly string[] {
  return [
    `seed ${seed}: ${gateways} gateways, 1 + ${replicas}, ${durability}`,
    ...faults.map((fault) => `  fault at ${fault.atMs} ms: ${sayFault(fault)}`),
    ...signIns.map((plan, i) => `  person ${i + 1}: ${saySignIn(plan)}`),
  ];
}

function sayFault(fault: Fault): string {
  const { kind, targets, lastsMs } = fault;
  const more = [
    ...('direction' in fault ? [fault.direction] : []),
    ...('from' in fault && fault.from !== undefined ? [`from ${fault.from.map(sayTarget).join(', ')}`] : []),
    ...('delayMs' in fault ? [`by ${fault.delayMs} ms`] : []),
    ...('stepMs' in fault ? [`by ${fault.stepMs} ms`] : []),
    lastsMs === undefined ? 'for good' : `for ${lastsMs} ms`,
    ...(fault.onDecision === undefined ? [] : [`once ${fault.onDecision} decisions were told`]),
  ];
  return `${kind} ${targets.map(sayTarget).join(', ')} ${more.join(' ')}`;
}

function sayTarget(target: Target): string {
  return target.part === 'master' ? 'the master' : `${target.part} ${target.index + 1}`;
}

function saySignIn({ atMs, scanAfterMs, decideAfterMs, ending, ...more }: SignIn): string {
  const extras = [
    ...(more.rivalAfterMs === undefined ? [] : ['somebody else scans too']),
    ...(more.redeemsTwice ? ['the code is used twice'] : []),
    ...(more.refreshAfterMs.length > 0 ? [`${more.refreshAfterMs.length} refreshes`] : []),
    ...(more.revokes ? ['revokes'] : []),
    more.sticky ? 'sticky' : 'not sticky',
  ];
  return `at ${atMs} ms, scans after ${scanAfterMs}, ${ending} after ${decideAfterMs}; ${extras.join(', ')}`;
}
