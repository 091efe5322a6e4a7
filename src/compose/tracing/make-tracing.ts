import type { Log } from '../../telemetry/log.ts';
import type { Outages } from '../../telemetry/outages.ts';
import type { OpenTracing } from '../../telemetry/tracing/open-tracing.ts';
import { systemTime } from '../../time/system-time.ts';
import { tracesOf } from './traces.ts';
import type { Variables } from './traces.ts';

/** Begins to trace where the environment asks for it; else nothing of OpenTelemetry's SDK is loaded. */
export async function makeTracing(
  env: Variables,
  { log, outages }: { readonly log: Log; readonly outages: Outages },
): Promise<OpenTracing | undefined> {
  const traces = tracesOf(env);
  if (traces.kind === 'unheard') log.warn({ setting: traces.setting, why: traces.why }, 'no traces are sent');
  if (traces.kind !== 'on') return undefined;
  const { openTracing } = await import('../../telemetry/tracing/open-tracing.ts');
  return await openTracing({
    encoding: traces.encoding,
    outage: outages.about('traces', { host: traces.host }),
    after: (ms, call) => systemTime.after(ms, call),
  });
}
