import { networkInterfaces } from 'node:os';
import { compose } from '../compose/gateway.ts';
import { readConfig } from '../config/config.ts';
import { greeting } from './greeting.ts';
import type { hearHangups } from './hangups.ts';
import { reasonOf } from './reason.ts';

type OnHangup = ReturnType<typeof hearHangups>;

/** What Kubernetes tells every container of a service named `scangate`, or with a name that begins so: which one. */
const SERVICE_LINK =
  /^(SCANGATE(?:_\w+?)??)_(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:ADDR|PORT|PROTO))?)?)$/;

/** How long the last lines of the log may take to be written once all is closed, in milliseconds. */
const LAST_LINES_MS = 500;

/**
 * The process: reads the environment, starts the gateway, and leaves in order on SIGTERM or SIGINT. A start that fails
 * ends it with status 1 and one line.
 *
 * @param call by which a person started it, who is then greeted where standard output is a terminal; undefined: only the
 *   log is written.
 * @param onHangup sets who is told of SIGHUP.
 */
export async function serve(call: string | undefined, onHangup: OnHangup): Promise<void> {
  await start(call, onHangup).catch(fail);
}

async function start(call: string | undefined, onHangup: OnHangup): Promise<void> {
  const config = readConfig(process.env);
  for (const line of warningsOf(config.unknown)) process.stderr.write(`scangate: ${line}\n`);
  const gateway = await compose(config);
  onHangup(() => gateway.reread());
  let leaving = false;
  const leave = (): void => {
    if (leaving) return;
    leaving = true;
    gateway.stop().then(endSoon, fail);
  };
  process.on('SIGTERM', leave);
  process.on('SIGINT', leave);
  await gateway.start();
  if (call !== undefined && process.stdout.isTTY)
    process.stdout.write(greeting(config, networkInterfaces(), call, gateway.operatorsUrl));
}

/** What is said of names that look like settings and are none: Kubernetes' in one line, others each. */
function warningsOf(unknown: readonly string[]): readonly string[] {
  const links = unknown.filter((name) => {
    const service = SERVICE_LINK.exec(name)?.[1];
    return service === 'SCANGATE' || unknown.includes(`${service}_SERVICE_HOST`);
  });
  const others = unknown.filter((name) => !links.includes(name));
  return [
    ...(links.length === 0
      ? []
      : [
          `${links.length} variables, ${links[0]} for one, are Kubernetes' service links and no settings; they are ignored`,
        ]),
    ...others.map((name) => `there is no setting ${name}; it is ignored`),
  ];
}

// At process.exit a line that is being written would come out behind the ones that are not.
function endSoon(): void {
  setTimeout(() => process.exit(0), LAST_LINES_MS).unref();
}

function fail(error: unknown): never {
  process.stderr.write(`scangate: ${reasonOf(error)}\n`);
  process.exit(1);
}
