/**
 * Finds a program that tests need, or gets it: a path from the environment, the PATH, a rootless extract of Debian's
 * packages into `.cache/debian`, or `apt-get install` where we are root. What cannot be had is one line that says how
 * to get it.
 */
import { execFile } from 'node:child_process';
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { statSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** A user's PATH rarely has these, and servers live there. */
const SYSTEM_FOLDERS = ['/usr/sbin', '/usr/local/sbin', ...foldersIn('/usr/lib/postgresql', 'bin')];
const APT_LIMIT_MS = 300_000;
const OUTPUT_LIMIT_BYTES = 64 * 1024 * 1024;

/**
 * `extracted` is where the program lies in its packages. Servers that Debian starts as it installs them, on their default
 * ports, are extracted even by root.
 */
export const TOOLS = {
  'redis-server': {
    variable: 'REDIS_SERVER_BIN',
    packages: ['redis-server', 'redis-tools'],
    extracted: 'usr/bin/redis-server',
    install: false,
  },
  // Chromium without the code of its windows: a start and a page take less than half as much processor time.
  'chromium-headless-shell': {
    variable: 'CHROMIUM_BIN',
    packages: ['chromium-headless-shell', 'chromium-common'],
    extracted: 'usr/lib/chromium/chromium-headless-shell',
    install: true,
  },
  nginx: { variable: 'NGINX_BIN', packages: ['nginx'], extracted: 'usr/sbin/nginx', install: true },
  haproxy: { variable: 'HAPROXY_BIN', packages: ['haproxy'], extracted: 'usr/sbin/haproxy', install: true },
  caddy: { variable: 'CADDY_BIN', packages: ['caddy'], extracted: 'usr/bin/caddy', install: false },
  prometheus: {
    variable: 'PROMETHEUS_BIN',
    packages: ['prometheus'],
    extracted: 'usr/bin/prometheus',
    install: false,
  },
  promtool: {
    variable: 'PROMTOOL_BIN',
    packages: ['prometheus'],
    extracted: 'usr/bin/promtool',
    install: false,
  },
  'prometheus-alertmanager': {
    variable: 'ALERTMANAGER_BIN',
    packages: ['prometheus-alertmanager'],
    extracted: 'usr/bin/prometheus-alertmanager',
    // It reads its templates below /usr/share, wherever it lies itself.
    install: true,
  },
  kubectl: {
    variable: 'KUBECTL_BIN',
    packages: ['kubernetes-client'],
    extracted: 'usr/bin/kubectl',
    install: false,
  },
  rsyslogd: {
    variable: 'RSYSLOGD_BIN',
    packages: ['rsyslog', 'rsyslog-elasticsearch'],
    extracted: 'usr/sbin/rsyslogd',
    install: false,
  },
  'docker-compose': {
    variable: 'DOCKER_COMPOSE_BIN',
    packages: ['docker-compose'],
    extracted: 'usr/bin/docker-compose',
    install: false,
  },
  pg_ctl: {
    variable: 'PG_CTL_BIN',
    packages: ['postgresql'],
    extracted: 'usr/lib/postgresql/*/bin/pg_ctl',
    install: false,
  },
  spin: { variable: 'SPIN_BIN', packages: ['spin'], extracted: 'usr/bin/spin', install: true },
  gcc: { variable: 'GCC_BIN', packages: ['build-essential'], extracted: 'usr/bin/gcc', install: true },
};

/** By which option a program says its version, where that is not `--version`. */
const VERSION_OPTIONS = {
  nginx: '-v',
  haproxy: '-v',
  spin: '-V',
  caddy: 'version',
  kubectl: 'options',
  rsyslogd: '-v',
};

/** What cannot be had; the message is one line for people. */
export class ToolMissing extends Error {}

/**
 * @param {keyof typeof TOOLS} name
 * @param {{ say?: (line: string) => void, cacheFolder?: string, env?: NodeJS.ProcessEnv, systemFolders?: string[] }} [options]
 * @returns {Promise<string>} the program's path
 * @throws ToolMissing
 */
export async function findTool(
  name,
  {
    say = (line) => console.error(line),
    cacheFolder,
    env = process.env,
    systemFolders = SYSTEM_FOLDERS,
  } = {},
) {
  const tool = TOOLS[name];
  const given = env[tool.variable];
  if (given) {
    if (isProgram(given)) return given;
    throw new ToolMissing(`${tool.variable}=${given} is not a program: set it to the path of ${name}`);
  }
  const folder = join(cacheFolder ?? fileURLToPath(new URL('../.cache/debian', import.meta.url)), name);
  const extracted = join(folder, 'run');
  const known = onPath(name, env, systemFolders) ?? (isProgram(extracted) ? extracted : undefined);
  if (known) return known;

  const isRoot = process.getuid?.() === 0;
  const ways = isRoot && tool.install ? [install, extract] : isRoot ? [extract, install] : [extract];
  const causes = [];
  for (const way of ways) {
    try {
      return await way(name, tool, folder, env, say);
    } catch (error) {
      causes.push(firstLine(error));
    }
  }
  throw new ToolMissing(
    `${name} is missing and could not be fetched (${causes.join('; ')}): ` +
      `run \`apt-get install ${tool.packages[0]}\` as root, or set ${tool.variable} to its path`,
  );
}

async function install(name, tool, _folder, env, say) {
  say(`Installing ${tool.packages[0]} with apt-get …`);
  await apt(['update', '-qq'], env);
  const options = ['-y', '-qq', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120'];
  await apt(['install', ...options, tool.packages[0]], env);
  const path = onPath(name, env, SYSTEM_FOLDERS);
  if (!path) throw new Error(`apt-get installed ${tool.packages[0]} without ${name}`);
  return path;
}

/** Needs no rights: the packages that are not installed yet, unpacked side by side, behind a script that starts them. */
async function extract(name, tool, folder, env, say) {
  say(`Fetching ${tool.packages[0]} from Debian's packages into ${folder} …`);
  const work = `${folder}-${process.pid}`;
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  try {
    const { root } = await unpack(tool.packages, work, env);
    writeFileSync(join(work, 'run'), launcher(tool, libraryFolders(root)));
    chmodSync(join(work, 'run'), 0o755);
    await run(join(work, 'run'), [VERSION_OPTIONS[name] ?? '--version'], { env });
    rmSync(folder, { recursive: true, force: true });
    renameSync(work, folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return join(folder, 'run');
}

/**
 * Unpacks Debian's packages, and those that they need and are not installed here, side by side into `<work>/root`.
 *
 * @returns {Promise<{ root: string, versions: Record<string, string> }>}
 */
export async function unpack(packages, work, env) {
  const root = join(work, 'root');
  const downloads = join(work, 'packages');
  const versions = {};
  mkdirSync(root);
  mkdirSync(downloads);
  await download(packages, work, downloads, env);
  for (const file of readdirSync(downloads)) {
    const [name, version] = decodeURIComponent(file).split('_');
    versions[name] = version;
    await run('dpkg-deb', ['-x', join(downloads, file), root], { env });
  }
  rmSync(downloads, { recursive: true });
  return { root, versions };
}

/** The machine's package lists when it has them, else lists of our own. */
async function download(packages, work, downloads, env) {
  try {
    await downloadWith([], packages, downloads, env);
  } catch {
    const own = ['lists', 'cache'].map((name) => join(work, name));
    for (const path of own) mkdirSync(join(path, 'partial'), { recursive: true });
    const options = ['-o', `Dir::State::lists=${own[0]}`, '-o', `Dir::Cache=${own[1]}`];
    await apt([...options, '-o', 'APT::Sandbox::User=root', 'update', '-qq'], env);
    await downloadWith(options, packages, downloads, env);
    for (const path of own) rmSync(path, { recursive: true });
  }
}

async function downloadWith(options, packages, downloads, env) {
  const plan = await apt([...options, '-s', 'install', '--no-install-recommends', ...packages], env);
  const names = [...plan.matchAll(/^Inst (\S+)/gm)].map((match) => match[1]);
  await apt(
    [...options, '-o', 'APT::Sandbox::User=root', 'download', ...new Set([...packages, ...names])],
    env,
    downloads,
  );
}

async function apt(args, env, cwd) {
  const { stdout } = await run('apt-get', args, {
    env: { ...env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' },
    ...(cwd && { cwd }),
    timeout: APT_LIMIT_MS,
    maxBuffer: OUTPUT_LIMIT_BYTES,
  });
  return stdout;
}

/** Relative to the script's own place, so the cache may move with the checkout. */
function launcher(tool, folders) {
  const path = folders.map((folder) => `$here/root/${folder}`).join(':');
  return `#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
export LD_LIBRARY_PATH="${path}" PYTHONPATH="$here/root/usr/lib/python3/dist-packages"
for modules in "$here"/root/usr/lib/*/rsyslog; do export RSYSLOG_MODDIR="$modules"; done
exec "$here/root/"${tool.extracted} "$@"
`;
}

/** The folders of an unpacked root that hold shared libraries, relative to it. */
export function libraryFolders(root) {
  const folders = ['usr/lib', 'lib'].flatMap((base) => [
    base,
    ...(existsSync(join(root, base)) ? readdirSync(join(root, base)).map((name) => `${base}/${name}`) : []),
  ]);
  return folders.filter((folder) => {
    const path = join(root, folder);
    return (
      existsSync(path) &&
      statSync(path).isDirectory() &&
      readdirSync(path).some((name) => /\.so(\.|$)/.test(name))
    );
  });
}

/** The folders `<base>/<any>/<name>`. */
function foldersIn(base, name) {
  return existsSync(base) ? readdirSync(base).map((version) => join(base, version, name)) : [];
}

function onPath(name, env, systemFolders) {
  const folders = (env.PATH ?? '').split(delimiter).filter(Boolean);
  return [...folders, ...systemFolders].map((folder) => join(folder, name)).find(isProgram);
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function firstLine(error) {
  const text = String(error.stderr || error.message).trim();
  const lines = text.split('\n');
  return (lines.find((line) => line.startsWith('E: ')) ?? lines[0]).slice(0, 160);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const name of process.argv.slice(2)) {
    try {
      console.log(`${name}: ${await findTool(name)}`);
    } catch (error) {
      if (!(error instanceof ToolMissing)) throw error;
      console.error(error.message);
      process.exitCode = 1;
    }
  }
}
