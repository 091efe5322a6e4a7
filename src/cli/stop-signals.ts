const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Does work that a signal stops between two steps, in place of ending the process at once: so that it may say what was done.
 *
 * @param isHeard false: a signal ends the process, as it does where nothing is changed.
 */
export async function stoppable<T>(isHeard: boolean, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  if (isHeard) for (const signal of SIGNALS) process.on(signal, stop);
  try {
    return await work(stopping.signal);
  } finally {
    for (const signal of SIGNALS) process.off(signal, stop);
  }
}
