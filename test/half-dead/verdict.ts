import { sumOf } from './census.ts';
import { DESCRIPTORS_MORE, MEMORY_MORE } from './half-dead.ts';
import type { HalfDeadOptions, HalfDeadResult, Times } from './half-dead.ts';

/** How much longer the owner may wait because of the attack. */
const SLOWER = 1.25;
/** What share of them must stand at half of all looks at least: they come and go. */
const STANDING = 0.95;
const MIB = 1024 * 1024;

/** What was not as it must be; nothing where all was. */
export function broken(
  { connections }: Pick<HalfDeadOptions, 'connections'>,
  { without, with: others, standing, held, before, after }: HalfDeadResult,
): readonly string[] {
  const failures = [...without.failures, ...others.failures];
  const ratio = others.p99Ms / without.p99Ms;
  const isAttacked = connections === 0 || Object.values(held).some((count) => count > 0);
  const stood = sumOf(standing.with.middle);
  return [
    ...(isAttacked ? [] : ['none was held: nothing was attacked']),
    ...(stood >= STANDING * connections ? [] : [`only ${stood} of ${connections} stood`]),
    ...(failures.length > 0 ? [`${failures.length} sign-ins failed: ${failures[0]}`] : []),
    ...(ratio <= SLOWER ? [] : [`p99 is ${ratio.toFixed(2)} times as long with them, more than ${SLOWER}`]),
    ...(after.descriptors > before.descriptors + DESCRIPTORS_MORE ? ['descriptors did not come back'] : []),
    ...(after.memory > before.memory + MEMORY_MORE ? ['memory did not come back'] : []),
  ];
}

/** What people read of it. */
export function tableOf(options: HalfDeadOptions, result: HalfDeadResult): string {
  const { standing, opened, held, heldAfterQuiet, before, during, after, backMs } = result;
  const mistakes = broken(options, result);
  const row = (...cells: readonly (string | number)[]): string =>
    cells.map((cell, column) => (column === 0 ? `${cell}`.padEnd(16) : `${cell}`.padStart(12))).join(' ');
  const times = (name: string, { signIns, p50Ms, p99Ms, cpuMs, failures }: Times): string =>
    row(
      name,
      signIns,
      failures.length,
      `${p50Ms.toFixed(1)} ms`,
      `${p99Ms.toFixed(1)} ms`,
      `${(cpuMs / 1000).toFixed(1)} s`,
    );
  const mib = ({ memory }: { readonly memory: number }): string => `${Math.round(memory / MIB)} MiB`;
  const states = Object.keys({ ...standing.without.middle, ...standing.with.middle });
  return [
    row('sign-ins', 'number', 'failed', 'p50', 'p99', 'CPU'),
    times('without', result.without),
    times('with', result.with),
    '',
    row('connections', 'without', 'with'),
    ...states.map((state) =>
      row(`  ${state}`, standing.without.middle[state] ?? 0, standing.with.middle[state] ?? 0),
    ),
    row('all', sumOf(standing.without.middle), sumOf(standing.with.middle)),
    row('least', standing.without.least, standing.with.least),
    row('most', standing.without.most, standing.with.most),
    '',
    row('held of', 'at the end', `${options.quiet} s quiet`),
    ...Object.entries(held).map(([kind, count]) => row(kind, count, heldAfterQuiet[kind] ?? 0)),
    row('all', sumOf(held), sumOf(heldAfterQuiet)),
    '',
    row('process', 'before', 'during', 'after'),
    row('descriptors', before.descriptors, during.descriptors, after.descriptors),
    row('memory', mib(before), mib(during), mib(after)),
    '',
    `p99 with them is ${(result.with.p99Ms / result.without.p99Ms).toFixed(2)} times as long`,
    `${opened} were opened in all; ${(backMs / 1000).toFixed(1)} s after they were gone, all was back`,
    ...mistakes.map((mistake) => `- ${mistake}`),
    mistakes.length === 0 ? 'nothing found' : `${mistakes.length} found`,
  ].join('\n');
}
