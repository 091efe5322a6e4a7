import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, parseDocument, visit } from 'yaml';
import { startChild } from '../support/child.ts';
import type { Child } from '../support/child.ts';

export const DEPLOY = fileURLToPath(new URL('../../deploy', import.meta.url));
const FILE = join(DEPLOY, 'compose.yaml');

/** What a test looks at of a service. */
export interface Service {
  readonly image: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly env_file?: string;
  readonly volumes?: readonly string[];
  readonly depends_on?: readonly string[];
  readonly networks: { readonly scangate: { readonly ipv4_address: string } };
}

export interface Composition {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, null>>;
}

/** `deploy/compose.yaml`, with these values for its variables, as Compose puts them in. */
export async function readComposition(values: Readonly<Record<string, string>>): Promise<Composition> {
  const document = parseDocument(await readFile(FILE, 'utf8'), { merge: true });
  visit(document, {
    Scalar(key, node) {
      if (key === 'key' || typeof node.value !== 'string') return;
      node.value = node.value.replaceAll(
        /\$\$|\$\{(\w+):([-?])([^}]*)\}/g,
        (found, name: string, sign: string, text: string) =>
          found === '$$' ? '$' : (values[name] ?? (sign === '-' ? text : found)),
      );
    },
  });
  return parse(String(document), { merge: true }) as Composition;
}

/** The settings of a service: those of its `env_file`, and its own over them. */
export async function settingsOf({ environment, env_file: file }: Service): Promise<Record<string, string>> {
  const lines = file === undefined ? [] : (await readFile(join(DEPLOY, file), 'utf8')).split('\n');
  const given = lines.filter((line) => /^\w+=/.test(line)).map((line) => line.split(/=(.*)/s).slice(0, 2));
  return { ...(Object.fromEntries(given) as Record<string, string>), ...environment };
}

/** How a service is run without a container. */
export interface Stage {
  /** Where the services' files lie, each in a folder of its name. */
  readonly folder: string;
  /** Programs that commands find by their names. */
  readonly programs: string;
  /** Text that differs where there is no network of one's own, in commands, files and settings. */
  readonly here: (text: string) => string;
}

/** A service's text, with what is mounted where it lies on this machine. */
function onStage({ folder, here }: Stage, name: string, { volumes = [] }: Service, text: string): string {
  const targets = volumes.map((volume) => volume.split(':')[1]!);
  return here(
    targets.reduce(
      (changed, target) =>
        changed.replaceAll(new RegExp(`(?<![\\w/.])${target}(?![\\w-])`, 'g'), join(folder, name, target)),
      text,
    ),
  );
}

/** Lays what a service mounts: files with their text as on this machine, folders and volumes empty. */
export async function lay(stage: Stage, name: string, service: Service): Promise<void> {
  for (const volume of service.volumes ?? []) {
    const [source, target] = volume.split(':') as [string, string];
    const at = join(stage.folder, name, target);
    const isFile = source.startsWith('.') && /\.\w+$/.test(source);
    await mkdir(isFile ? dirname(at) : at, { recursive: true });
    if (isFile)
      await writeFile(at, onStage(stage, name, service, await readFile(join(DEPLOY, source), 'utf8')));
  }
}

/** Runs the shell script that is a service's command. */
export async function startScript(stage: Stage, name: string, service: Service): Promise<Child> {
  const script = onStage(stage, name, service, service.command!.at(-1)!);
  const environment = Object.entries(await settingsOf(service)).map(([key, value]) => [
    key,
    stage.here(value),
  ]);
  const env = {
    ...(Object.fromEntries(environment) as Record<string, string>),
    PATH: `${stage.programs}:${process.env['PATH']}`,
  };
  return startChild('sh', ['-c', script], { env, cwd: join(stage.folder, name) });
}

/** A program by the name that commands call it. */
export async function callable(folder: string, name: string, path: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, name), `#!/bin/sh\nexec ${path} "$@"\n`);
  await chmod(join(folder, name), 0o755);
}
