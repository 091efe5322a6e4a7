import type { History, Violation } from '../../history/history.ts';
import { judge } from '../../history/judge.ts';
import { MINTED } from '../../contract/appends.ts';
import { Device } from '../people/device.ts';
import { DeviceLine } from '../people/device-line.ts';
import { REPLAY_WINDOW_MS } from '../people/front.ts';
import type { Line } from '../people/recorder.ts';
import { signIn } from '../people/sign-in.ts';
import type { Fault, Schedule, SignIn } from '../schedule/schedule.ts';
import { SimulatedProcess } from '../time/simulated-process.ts';
import { FAULT_LANE, playFault } from './fault-play.ts';
import { lookAtAll } from './last-look.ts';
import { readLog } from './remains.ts';
import { countSituations } from './situations.ts';
import { masterOf, setStage } from './stage.ts';
import type { Stage } from './stage.ts';

/** How long everyone goes on after what was planned, at least; in milliseconds. */
const PATIENCE_MS = 12_000;
const PLAY_MAX_MS = 150_000;

/** How long the last answers may take once everyone gave up, in milliseconds. */
const ANSWER_MAX_MS = 60_000;

/** How long the last fault is let be at least, in milliseconds. */
const AFTER_FAULT_MS = 500;

/** How long the servers have to come to rest once everything is healed. */
const CALM_MS = 8_000;

/** What came of one schedule. */
export interface Played {
  readonly schedule: Schedule;
  readonly violations: readonly Violation[];
  readonly situations: ReadonlyMap<string, number>;
  readonly lines: readonly Line[];
  /** The same for the same run, and for no other. */
  readonly hash: string;
  readonly virtualMs: number;
}

/** Plays a schedule to its end, and judges what is left. */
export async function play(schedule: Schedule): Promise<Played> {
  const stage = await setStage(schedule);
  const { world, recorder } = stage;
  const { scheduler } = world;
  const startsAt = scheduler.now;
  const endsAt = startsAt + Math.min(PLAY_MAX_MS, lengthOf(schedule) + PATIENCE_MS);
  const tickets: string[] = [];
  const people = schedule.signIns.map((plan, i) =>
    person(stage, plan, i, endsAt, (one) => tickets.push(one)),
  );
  const undos = schedule.faults.map((fault) => planFault(stage, fault, startsAt + fault.atMs));
  await scheduler.complete(Promise.all(people), PLAY_MAX_MS + ANSWER_MAX_MS);
  await scheduler.pass(Math.max(0, startsAt + lastFaultOf(schedule) - scheduler.now) + AFTER_FAULT_MS);
  recorder.tell('fault', 'everything is healed');
  for (const undo of undos) undo();
  await scheduler.pass(CALM_MS);
  const unreached = await lookAtAll(stage, tickets);
  countSituations(stage);
  const history: History = {
    calls: recorder.calls,
    sessionCalls: recorder.sessionCalls,
    notices: recorder.notices,
    log: readLog(masterOf(stage)),
    pardon: { mints: true, emptiedAt: stage.emptiedAt, lifeMinMs: MINTED.lives.code_ms },
    replayWindowMs: REPLAY_WINDOW_MS,
  };
  return {
    schedule,
    violations: [...judge(history), ...unreached],
    situations: recorder.situations,
    lines: recorder.lines,
    hash: recorder.hash,
    virtualMs: scheduler.now,
  };
}

/** Lets a fault happen when its time has come. @returns what takes it back, or keeps it from happening. */
function planFault(stage: Stage, fault: Fault, at: number): () => void {
  const { scheduler } = stage.world;
  let undo: (() => void) | undefined;
  let isOver = false;
  const begin = (): void => {
    if (!isOver) undo = playFault(stage, fault);
  };
  const beginNow = (): void => void scheduler.at(scheduler.now, FAULT_LANE, begin);
  const { onDecision } = fault;
  const whenDue =
    onDecision === undefined ? begin : () => stage.recorder.afterDecisions(onDecision, beginNow);
  scheduler.at(at, FAULT_LANE, whenDue);
  return () => {
    isOver = true;
    undo?.();
  };
}

/** Lets one person sign in. */
function person(
  { world, recorder, fronts }: Stage,
  plan: SignIn,
  index: number,
  endsAt: number,
  onTicket: (ticket: string) => void,
): Promise<void> {
  const random = world.random.fork();
  const device = (kind: string): Device =>
    new Device({
      line: new DeviceLine(new SimulatedProcess(world.scheduler, `${kind}-${index + 1}`), world.network),
      recorder,
      random: random.fork(),
      fronts: () => fronts,
      sticky: plan.sticky,
      endsAt: () => endsAt,
    });
  const devices = { browser: device('browser'), phone: device('phone'), rival: device('rival') };
  return signIn({ plan, ...devices, random: random.fork(), onTicket }).catch((error: unknown) =>
    world.scheduler.fail(error),
  );
}

/** When the last thing that was planned is to happen. */
function lengthOf({ signIns, faults }: Schedule): number {
  const ends = signIns.map(
    ({ atMs, scanAfterMs, decideAfterMs, refreshAfterMs }) =>
      atMs + scanAfterMs + decideAfterMs + refreshAfterMs.reduce((sum, ms) => sum + ms, 0),
  );
  return Math.max(0, ...ends, ...faults.map(({ atMs, lastsMs = 0 }) => atMs + lastsMs));
}

/** When the last fault begins. */
function lastFaultOf({ faults }: Schedule): number {
  return Math.max(0, ...faults.map(({ atMs }) => atMs));
}
