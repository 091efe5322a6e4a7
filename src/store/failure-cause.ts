import { NotReplicated } from './event-store.ts';

/** Why a store failed: one word of few, and the words of the server, the disk or the network. */
export interface FailureCause {
  readonly cause: string;
  readonly why: string;
}

/** The most telling first: a call that ran out of time also says what it met meanwhile. */
const CAUSES: readonly (readonly [RegExp, string])[] = [
  [/^OOM /, 'out_of_memory'],
  [/NOPERM/, 'no_permission'],
  [/NOAUTH|WRONGPASS|invalid password|without any password/, 'not_authenticated'],
  [/^READONLY|the server is a (slave|replica)/, 'read_only'],
  [/^MISCONF/, 'cannot_save'],
  [/^NOREPLICAS/, 'no_replicas'],
  [/^BUSY /, 'busy'],
  [/^LOADING/, 'loading'],
  [/CLUSTERDOWN|does not serve all slots/, 'cluster_down'],
  [/no majority|majority names/, 'no_majority'],
  [/ENOSPC|EDQUOT|disk is full/, 'disk_full'],
  [/EIO|EROFS|the disk refused/, 'disk_failing'],
  [/ECONNREFUSED/, 'refused'],
  [/ENOTFOUND|EAI_AGAIN/, 'unknown_host'],
  [/being healed|other nodes/, 'healing'],
  [/closed|ECONNRESET|EPIPE/, 'connection_lost'],
  [/in time|timeout|timed out|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH/i, 'no_answer'],
];

/** Every word that {@link failureCause} may say. */
export const FAILURE_CAUSES: readonly string[] = [
  'not_replicated',
  ...CAUSES.map(([, cause]) => cause),
  'other',
];

/** Says why a call to a store failed. Undefined where it failed because this process is closing the store. */
export function failureCause(error: unknown): FailureCause | undefined {
  const errors = chainOf(error);
  if (errors.some(({ message }) => message.startsWith('the store is clos'))) return undefined;
  if (errors.some((one) => one instanceof NotReplicated))
    return { cause: 'not_replicated', why: wordsOf(errors[0]) };
  for (const [pattern, cause] of CAUSES) {
    const met = errors.find((one) => pattern.test(one.message) || pattern.test(codeOf(one)));
    if (met !== undefined) return { cause, why: wordsOf(met) };
  }
  return { cause: 'other', why: wordsOf(errors.at(-1)) };
}

const DEPTH_MAX = 8;

function chainOf(error: unknown): readonly Error[] {
  const chain: Error[] = [];
  for (let one = error; one instanceof Error && chain.length < DEPTH_MAX; one = one.cause) chain.push(one);
  return chain;
}

function wordsOf(error: Error | undefined): string {
  if (error === undefined) return '';
  return (error.message === '' ? codeOf(error) : error.message).split('\n', 1)[0] ?? '';
}

function codeOf(error: Error): string {
  return (error as NodeJS.ErrnoException).code ?? '';
}
