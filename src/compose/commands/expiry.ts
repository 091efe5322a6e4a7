import { openSweeper } from '../../command/sweeper.ts';
import type { Config } from '../../config/config.ts';
import { sweeperSettings } from '../../config/rooms/command.ts';
import type { EventStore } from '../../store/event-store.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import { systemTime } from '../../time/system-time.ts';
import type { Closable } from '../assembly.ts';
import { random } from '../randomness.ts';
import type { Commands } from './commands.ts';

/** Ends what is due and that nobody waits for. */
export function openExpiry(
  config: Config,
  {
    commands,
    metrics,
    store,
  }: { readonly commands: Commands; readonly metrics: Metrics; readonly store: EventStore },
): Closable {
  return openSweeper({
    ...sweeperSettings(config),
    store,
    expire: (head) => commands.expire(head),
    time: systemTime,
    random,
    onSwept: (count) => metrics.swept.inc(count),
  });
}
