import type { Fault, Schedule, SignIn } from './schedule.ts';

/** Schedules that are a little smaller than this one, the boldest first. */
export function* smallerThan(schedule: Schedule): Generator<Schedule> {
  const { signIns, faults, gateways, replicas } = schedule;
  if (signIns.length > 3) {
    const half = Math.ceil(signIns.length / 2);
    yield { ...schedule, signIns: signIns.slice(0, half) };
    yield { ...schedule, signIns: signIns.slice(half) };
  }
  for (const i of signIns.keys())
    if (signIns.length > 1) yield { ...schedule, signIns: signIns.toSpliced(i, 1) };
  for (const i of faults.keys()) if (faults.length > 1) yield { ...schedule, faults: faults.toSpliced(i, 1) };
  for (const fewer of [1, 2, gateways - 1])
    if (fewer > 0 && fewer < gateways) yield { ...schedule, gateways: fewer };
  if (replicas === 2) yield { ...schedule, replicas: 1 };
  for (const [i, fault] of faults.entries())
    for (const smaller of smallerFaults(fault)) yield { ...schedule, faults: faults.with(i, smaller) };
  for (const [i, signIn] of signIns.entries())
    for (const smaller of smallerSignIns(signIn)) yield { ...schedule, signIns: signIns.with(i, smaller) };
}

function* smallerFaults(fault: Fault): Generator<Fault> {
  const { targets, atMs, lastsMs } = fault;
  for (const i of targets.keys())
    if (targets.length > 1) yield { ...fault, targets: targets.toSpliced(i, 1) };
  if (fault.kind === 'cut' && fault.from !== undefined) {
    const { from } = fault;
    for (const i of from.keys()) if (from.length > 1) yield { ...fault, from: from.toSpliced(i, 1) };
  }
  if (atMs > 1_000) yield { ...fault, atMs: Math.floor(atMs / 2) };
  if (lastsMs !== undefined && lastsMs > 200) yield { ...fault, lastsMs: Math.floor(lastsMs / 2) };
}

function* smallerSignIns(signIn: SignIn): Generator<SignIn> {
  const { rivalAfterMs, ...alone } = signIn;
  if (rivalAfterMs !== undefined) yield alone;
  if (signIn.redeemsTwice) yield { ...signIn, redeemsTwice: false };
  if (signIn.revokes) yield { ...signIn, revokes: false };
  if (signIn.refreshAfterMs.length > 0) yield { ...signIn, refreshAfterMs: signIn.refreshAfterMs.slice(1) };
  if (!signIn.sticky) yield { ...signIn, sticky: true };
  if (signIn.ending !== 'confirm') yield { ...signIn, ending: 'confirm' };
  for (const name of ['atMs', 'scanAfterMs', 'decideAfterMs'] as const)
    if (signIn[name] > 200) yield { ...signIn, [name]: Math.floor(signIn[name] / 2) };
}
