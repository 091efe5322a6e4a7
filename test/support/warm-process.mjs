/**
 * A process that has the build loaded, and does one thing after another as a process of its own would: a command of
 * `scangate`, or the start of a gateway, which stays where that is asked for. `dist` is its argument; it is told what to do
 * by messages.
 *
 * What it prints for one is followed by a mark on both outputs, and the status comes as a message.
 */
import { setTimeout as passes } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

const [, , dist, mark] = process.argv;
const load = (path) => import(pathToFileURL(`${dist}/${path}`).href);

/** A line of the log waits no longer for others, in milliseconds. */
const LAST_LINES_MS = 30;

// Each log that is made hears of the exit.
process.setMaxListeners(0);

/** Gateways that stay, by their port. */
const gateways = new Map();

const WORK = {
  async command({ args }) {
    const [{ runProgram }, { version }] = await Promise.all([
      load('cli/program.js'),
      load('telemetry/version.js'),
    ]);
    let status = 0;
    await runProgram(args, version(), {
      write: (text) => process.stdout.write(text),
      complain: (text) => process.stderr.write(text),
      end: (ended) => (status = ended),
      unread: () => undefined,
    });
    return status;
  },
  /** As `cli/serve.js` does, but for the end of the process. */
  async start({ stays }) {
    const [{ readConfig }, { compose }, { reasonOf }] = await Promise.all([
      load('config/config.js'),
      load('compose/gateway.js'),
      load('cli/reason.js'),
    ]);
    try {
      const gateway = await compose(readConfig(process.env));
      await gateway.start();
      if (stays) gateways.set(process.env.PORT, gateway);
      else await gateway.stop();
      return 0;
    } catch (error) {
      process.stderr.write(`scangate: ${reasonOf(error)}\n`);
      return 1;
    } finally {
      await passes(LAST_LINES_MS);
    }
  },
  async leave({ port }) {
    await gateways.get(port)?.stop();
    gateways.delete(port);
    return 0;
  },
};

async function work({ work: kind, env, cwd, ...given }) {
  for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
  Object.assign(process.env, env);
  process.chdir(cwd);
  const status = await WORK[kind](given);
  for (const stream of [process.stdout, process.stderr]) stream.write(mark);
  process.send({ status });
}

process.on('message', (asked) => void work(asked));
