import { startWarm } from '../../support/warm.ts';
import type { Warm, WarmGateway } from '../../support/warm.ts';

let warm: Warm | undefined;
let running = 0;

/** A gateway in the process of all those of a test file, which ends with the last of them. */
export async function warmGateway(env: Readonly<Record<string, string | undefined>>): Promise<WarmGateway> {
  running += 1;
  warm ??= startWarm();
  const gateway = await warm.gateway(env);
  return {
    ...gateway,
    stop: async () => {
      await gateway.stop();
      running -= 1;
      if (running === 0) await warm?.stop();
    },
  };
}
