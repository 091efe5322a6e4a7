import { networkInterfaces } from 'node:os';
import { compose } from './compose/gateway.ts';
import { BadSetting } from './config/bad-setting.ts';
import { readConfig } from './config/config.ts';
import { greeting } from './cli/greeting.ts';
import { StoreUnavailable } from './store/event-store.ts';
import { StoreRefused } from './store/refused.ts';

/** What Kubernetes tells every container of a service named `scangate`. */
const SERVICE_LINK =
  /^SCANGATE_(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:ADDR|PORT|PROTO))?)?)$/;

/** The process: reads the environment, starts the gateway, and leaves in order on SIGTERM or SIGINT. */
async function main(): Promise<void> {
  const config = readConfig(process.env);
  // The clients' file is followed by itself, so there is nothing to do: but it must not end the process.
  process.on('SIGHUP', () => undefined);
  const links = config.unknown.filter((name) => SERVICE_LINK.test(name));
  if (links.length > 0)
    process.stderr.write(
      `scangate: ${links.length} variables, ${links[0]} for one, are Kubernetes' service links and no settings; they are ignored\n`,
    );
  for (const name of config.unknown.filter((one) => !links.includes(one)))
    process.stderr.write(`scangate: there is no setting ${name}; it is ignored\n`);
  const gateway = await compose(config);
  let leaving = false;
  const leave = (): void => {
    if (leaving) return;
    leaving = true;
    gateway.stop().then(endSoon, fail);
  };
  process.on('SIGTERM', leave);
  process.on('SIGINT', leave);
  await gateway.start();
  process.stdout.write(greeting(config, networkInterfaces()));
}

/** How long the last lines of the log may take to be written once all is closed, in milliseconds. */
const LAST_LINES_MS = 500;

// At process.exit a line that is being written would come out behind the ones that are not.
function endSoon(): void {
  setTimeout(() => process.exit(0), LAST_LINES_MS).unref();
}

function fail(error: unknown): never {
  process.stderr.write(`scangate: ${reason(error)}\n`);
  process.exit(1);
}

// What the operator can mend is one line that names the setting; anything else is ours, and keeps its stack.
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof BadSetting) return error.message;
  if (error instanceof StoreRefused || error instanceof StoreUnavailable)
    return `SCANGATE_STORE: ${error.message}`;
  if ('syscall' in error) {
    const { syscall, code, message } = error as NodeJS.ErrnoException;
    if (syscall === 'getaddrinfo' || code === 'EADDRNOTAVAIL') return `HOST: ${message}`;
    return syscall === 'listen' ? `PORT: ${message}` : message;
  }
  return error.stack ?? error.message;
}

main().catch(fail);
