import { compose } from './compose.ts';
import { BadSetting, readConfig } from './config.ts';
import { greeting } from './greeting.ts';
import { StoreRefused } from './store/refused.ts';

/** The process: reads the environment, starts the gateway, and leaves in order on SIGTERM or SIGINT. */
async function main(): Promise<void> {
  const config = readConfig(process.env);
  for (const name of config.unknown)
    process.stderr.write(`scangate: there is no setting ${name}; it is ignored\n`);
  const gateway = await compose(config);
  let leaving = false;
  const leave = (): void => {
    if (leaving) return;
    leaving = true;
    void gateway.stop().then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    );
  };
  process.on('SIGTERM', leave);
  process.on('SIGINT', leave);
  await gateway.start();
  process.stdout.write(greeting(config));
}

function fail(error: unknown): never {
  process.stderr.write(`scangate: ${reason(error)}\n`);
  process.exit(1);
}

// What the operator can mend is one line; anything else is ours, and keeps its stack.
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const mendable = error instanceof BadSetting || error instanceof StoreRefused || 'syscall' in error;
  return mendable ? error.message : (error.stack ?? error.message);
}

main().catch(fail);
