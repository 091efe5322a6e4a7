/** Runs test files of the copy, and says which tests failed. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ToolMissing, TOOLS, findTool } from '../find-tools.mjs';

const LIMIT_MS = 15 * 60_000;
const NODE = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];

/** The environment of the tests: the copy has no tools of its own. A test says what is missing. */
export async function testEnvironment() {
  const env = { ...process.env };
  for (const name of ['redis-server', 'chromium-headless-shell']) {
    try {
      env[TOOLS[name].variable] = await findTool(name);
    } catch (error) {
      if (!(error instanceof ToolMissing)) throw error;
      console.error(error.message);
    }
  }
  return env;
}

/**
 * @param {{ copy: string, env: NodeJS.ProcessEnv, tests: readonly string[], title?: string }} what `title`: only the
 *   tests whose name has it
 * @returns {Promise<{ passed: readonly string[], failed: readonly { test: string, why: string }[], broken?: string }>}
 *   `broken`: a file could not be run at all, which is no test that failed
 */
export async function runTests({ copy, env, tests, title }) {
  const report = join(copy, 'jest.json');
  rmSync(report, { force: true });
  const said = await jest(copy, env, [
    '--runInBand',
    '--silent',
    '--json',
    `--outputFile=${report}`,
    ...(title === undefined ? [] : ['-t', title.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)]),
    ...tests,
  ]);
  if (!existsSync(report)) return { passed: [], failed: [], broken: said.slice(-1500) };
  const files = JSON.parse(readFileSync(report, 'utf8')).testResults;
  const all = files.flatMap(({ name, assertionResults }) =>
    assertionResults.map((one) => ({ ...one, test: `${name.slice(copy.length + 1)}: ${one.fullName}` })),
  );
  const failed = all.filter(({ status }) => status === 'failed');
  const unrun = files.find(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  );
  return {
    passed: all.filter(({ status }) => status === 'passed').map(({ test }) => test),
    failed: failed.map(({ test, failureMessages }) => ({
      test,
      why: (failureMessages[0] ?? '').slice(0, 1500),
    })),
    ...(unrun === undefined ? {} : { broken: unrun.message.slice(0, 1500) }),
  };
}

/** In a process group of its own, so that nothing that a test started outlives a run that must be ended. */
async function jest(copy, env, args) {
  const child = spawn(process.execPath, [...NODE, 'node_modules/jest/bin/jest.js', ...args], {
    cwd: copy,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  const end = () => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch (error) {
      if (error.code !== 'ESRCH') throw error;
    }
  };
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (said = (said + text).slice(-20_000)));
  const limit = setTimeout(() => {
    said += `\nended after ${LIMIT_MS / 60_000} min`;
    end();
  }, LIMIT_MS);
  process.once('exit', end);
  await new Promise((resolve) => child.once('exit', resolve));
  clearTimeout(limit);
  end();
  process.removeListener('exit', end);
  return said;
}
