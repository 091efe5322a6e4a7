/**
 * `npm run supply-chain`: holds what the lock file would install against what may be: licences, scripts that run at the
 * installation, telemetry, where each package comes from; and asks the registry for known vulnerabilities, where it
 * answers. An argument is another lock file to look at; then nothing is asked.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { helpWhereAsked } from './help.mjs';

helpWhereAsked(import.meta.url);
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const [other] = process.argv.slice(2);
const ASK_MS = 30_000;

const LICENCES = ['MIT', 'ISC', '0BSD', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', 'BlueOak-1.0.0'];
/** Of what is not shipped these do too. */
const DEV_LICENCES = [...LICENCES, 'MPL-2.0', 'CC-BY-4.0', 'CC0-1.0', 'Unlicense'];
const SCRIPTED = ['@parcel/watcher', '@swc/core', 'lmdb', 'msgpackr-extract', 'unrs-resolver'];
const TELEMETRY = ['@scarf/scarf'];
const REGISTRY = 'https://registry.npmjs.org/';

/** @typedef {{ license?: string, dev?: boolean, devOptional?: boolean, link?: boolean, hasInstallScript?: boolean, integrity?: string, resolved?: string }} Locked */

/** @param {string} name @param {Locked} locked @returns {string[]} */
function faultsOf(name, locked) {
  const isDev = locked.dev === true || locked.devOptional === true;
  const faults = [];
  if (!isFree(locked.license ?? '', isDev ? DEV_LICENCES : LICENCES))
    faults.push(`has the licence ${locked.license ?? 'of nobody'}`);
  if (locked.hasInstallScript === true && !SCRIPTED.includes(name))
    faults.push('runs a script when installed');
  if (TELEMETRY.includes(name)) faults.push('tells others who installs it');
  if (locked.integrity === undefined) faults.push('has no integrity');
  if (locked.resolved !== undefined && !locked.resolved.startsWith(REGISTRY))
    faults.push(`comes from ${locked.resolved}`);
  return faults.map((fault) => `${name} ${fault}`);
}

/** A choice needs one that may be, a sum all. @param {string} licence @param {string[]} allowed */
function isFree(licence, allowed) {
  const terms = licence.replaceAll(/[()]/g, '');
  if (terms.includes(' OR ')) return terms.split(' OR ').some((one) => isFree(one, allowed));
  return terms.split(' AND ').every((one) => allowed.includes(one));
}

/** @returns {Promise<string[]>} */
function advisories() {
  return new Promise((resolve) => {
    const options = { cwd: ROOT, timeout: ASK_MS, maxBuffer: 1e8 };
    execFile('npm', ['audit', '--json', '--package-lock-only'], options, (_error, stdout) => {
      const told = parsed(stdout);
      if (told?.vulnerabilities === undefined) {
        console.log(
          'The registry tells of no advisories from here: known vulnerabilities were not looked for.',
        );
        resolve([]);
        return;
      }
      const grave = Object.entries(told.vulnerabilities).filter(([, { severity }]) =>
        /high|critical/.test(severity),
      );
      resolve(grave.map(([name, { severity }]) => `${name} has a known vulnerability (${severity})`));
    });
  });
}

/** @param {string} text @returns {{ vulnerabilities?: Record<string, { severity: string }> } | undefined} */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const lock = JSON.parse(readFileSync(other ?? `${ROOT}package-lock.json`, 'utf8'));
/** @type {[string, Locked][]} */
const packages = Object.entries(lock.packages).filter(([path, { link }]) => path !== '' && link !== true);
const found = packages.flatMap(([path, locked]) =>
  faultsOf(path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length), locked),
);
const faults = [...found, ...(other === undefined ? await advisories() : [])];
for (const fault of faults) console.error(fault);
console.log(
  `${packages.length} packages, ${faults.length === 0 ? 'all as they may be' : `${faults.length} faults`}`,
);
process.exitCode = faults.length === 0 ? 0 : 1;
