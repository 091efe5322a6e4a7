import { execFile } from 'node:child_process';
import { access, cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { makeCertificate } from '../delivery/front.ts';
import { ask, fieldsOf } from '../support/ask.ts';
import { built } from '../support/built.ts';
import { freePort, startChild } from '../support/child.ts';
import type { Child } from '../support/child.ts';
import { temporaryFolder } from '../support/folder.ts';
import { signIn } from '../support/journey.ts';
import { tool } from '../support/tools.ts';
import { until } from '../support/until.ts';
import { DEPLOY, callable, lay, readComposition, settingsOf, startScript } from './composition.ts';
import type { Composition, Stage } from './composition.ts';
import { around } from './proxy.ts';
import { sample } from './samples.ts';

/** Twelve processes and two failovers: `npm test -- --long test/deploy/compose.test.ts`. */
const whole = process.env['SCANGATE_TEST_LONG'] === undefined ? test.skip : test;
const LONG_MS = 600_000;

const GIVEN = {
  SCAN_HOST: 'localhost',
  SCANGATE_SECRETS: Buffer.alloc(32, 'a secret of the composition ').toString('base64url'),
  SCANGATE_ADMIN_TOKEN: 'operators-of-the-composition',
};
const composition = await readComposition(GIVEN);

const addressOf = (name: string): string => composition.services[name]!.networks.scangate.ipv4_address;
const named = (pattern: RegExp): string[] =>
  Object.keys(composition.services).filter((name) => pattern.test(name));

test('every file that is mounted is there, every volume declared, every service that is waited for one of these', async () => {
  const { services, volumes } = composition;
  const mounted = Object.values(services).flatMap((service) => service.volumes ?? []);
  const sources = mounted.map((volume) => volume.split(':')[0]!);
  const files = sources.filter((source) => source.startsWith('.') && source !== './compose/tls');
  await Promise.all(files.map((file) => access(join(DEPLOY, file))));
  expect(sources.filter((source) => !source.startsWith('.')).toSorted()).toEqual(
    Object.keys(volumes).toSorted(),
  );
  for (const { depends_on: others = [] } of Object.values(services))
    expect(Object.keys(services)).toEqual(expect.arrayContaining([...others]));
});

test('the gateways are given settings that exist, and the same ones', async () => {
  const known = new Set(
    (await readFile(join(DEPLOY, '../docs/settings.md'), 'utf8')).match(/`[A-Z][A-Z_]+`/g),
  );
  const [one, other] = await Promise.all(
    named(/^gateway/).map((name) => settingsOf(composition.services[name]!)),
  );
  expect(one).toEqual(other);
  expect(Object.keys(one!).filter((name) => !known.has(`\`${name}\``))).toEqual([]);
  expect(Object.values(one!).filter((value) => value.includes('$'))).toEqual([]);
});

test('addresses and ports are those of the services that are meant', async () => {
  const addresses = Object.keys(composition.services).map(addressOf);
  expect(new Set(addresses).size).toBe(addresses.length);
  const gateway = await settingsOf(composition.services['gateway-a']!);
  const gateways = named(/^gateway/).map(addressOf);
  expect(gateway['SCANGATE_TRUSTED_PROXIES']).toBe(addressOf('nginx'));
  const sentinels = named(/^sentinel/).map((name) => `${addressOf(name)}:26379`);
  expect(gateway['SCANGATE_STORE']).toBe(`redis+sentinel://${sentinels.join(',')}/scangate`);

  const [sentinel, redis] = await Promise.all(
    ['sentinel.conf', 'redis.conf'].map((name) => sample(`compose/${name}`)),
  );
  expect(sentinel).toContain(`monitor scangate ${addressOf('redis-a')} 6379 2`);
  expect([sentinel, redis]).toEqual([
    expect.stringMatching(/^port 26379$/m),
    expect.stringMatching(/^port 6379$/m),
  ]);
  for (const name of named(/^(redis|sentinel)/)) {
    const { ADDRESS, MASTER } = composition.services[name]!.environment!;
    const master = { 'redis-a': '', 'redis-b': addressOf('redis-a') }[name];
    expect([name, ADDRESS, MASTER]).toEqual([name, addressOf(name), master]);
  }

  const scraped = parse(await sample('compose/prometheus.yml')) as {
    readonly scrape_configs: readonly [
      { readonly static_configs: readonly [{ readonly targets: string[] }] },
    ];
  };
  const operators = gateway['SCANGATE_ADMIN_LISTEN']!.split(':')[1];
  expect(scraped.scrape_configs[0].static_configs[0].targets).toEqual(
    gateways.map((address) => `${address}:${operators}`),
  );

  const nginx = await sample('proxy/nginx.conf');
  const changes = [...composition.services['nginx']!.command!.at(-1)!.matchAll(/'s\/(\S+?)\/(\S+?)\/'/g)];
  expect(changes.map(([, from]) => nginx.includes(`server ${from} `))).toEqual([true, true]);
  expect(changes.map(([, , to]) => to)).toEqual(gateways.map((address) => `${address}:${gateway['PORT']}`));
});

test('what it says to put into the environment is what it asks for', async () => {
  const text = await sample('compose.yaml');
  const asked = new Set([...text.matchAll(/\$\{(\w+):\?/g)].map(([, name]) => name!));
  const said = new Set([...text.split('\n\n')[0]!.matchAll(/([A-Z_]+)=%s/g)].map(([, name]) => name!));
  expect([...said].toSorted()).toEqual([...asked].toSorted());
});

test('with an archive both gateways are given the same files of secrets, which what it says to do makes', async () => {
  const text = await sample('compose.archive.yaml');
  const { services, secrets, volumes } = parse(text, { merge: true }) as Archived;
  const { 'gateway-a': one, 'gateway-b': other, postgres } = services;
  expect(one).toEqual(other);
  const known = await sample('../docs/settings.md');
  for (const [name, path] of Object.entries(one!.environment)) {
    expect(known).toContain(`\`${name}\``);
    expect(one!.secrets.map((secret) => `/run/secrets/${secret}`)).toContain(path);
  }
  const head = text.split('\n\n')[0]!;
  const used = [...one!.secrets, ...postgres!.secrets];
  expect(used.toSorted()).toEqual(Object.keys(secrets).toSorted());
  for (const name of used) {
    expect(secrets[name]?.file).toBe(`./compose/secrets/${name}`);
    expect(head).toContain(`> ${name})`);
  }
  const address = postgres!.networks!.scangate.ipv4_address;
  expect(Object.keys(composition.services).map(addressOf)).not.toContain(address);
  expect(head).toContain(`@${address}/${postgres!.environment['POSTGRES_DB']}`);
  expect(Object.keys(volumes).filter((name) => name in composition.volumes)).toEqual([]);
});

interface Archived {
  readonly services: Readonly<
    Record<
      string,
      {
        readonly environment: Readonly<Record<string, string>>;
        readonly secrets: readonly string[];
        readonly networks?: Composition['services'][string]['networks'];
      }
    >
  >;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
  readonly volumes: object;
}

whole(
  'docker-compose takes it, and with an archive',
  async () => {
    const folder = await temporaryFolder();
    await cp(DEPLOY, join(folder.path, 'deploy'), { recursive: true });
    await mkdir(join(folder.path, 'image'));
    const { stdout } = await promisify(execFile)(
      await tool('docker-compose'),
      ['-f', join(folder.path, 'deploy/compose.yaml'), 'config'],
      { env: { ...process.env, ...GIVEN } },
    );
    expect(Object.keys((parse(stdout) as Composition).services).toSorted()).toEqual(
      Object.keys(composition.services).toSorted(),
    );
    const files = ['compose.yaml', 'compose.archive.yaml'].flatMap((name) => [
      '-f',
      join(folder.path, 'deploy', name),
    ]);
    const both = await promisify(execFile)(await tool('docker-compose'), [...files, 'config'], {
      env: { ...process.env, ...GIVEN },
    });
    const { services } = parse(both.stdout) as Composition;
    expect(services['gateway-b']?.environment).toMatchObject({
      SCANGATE_ARCHIVE_FILE: '/run/secrets/archive',
      SCANGATE_TRUSTED_PROXIES: addressOf('nginx'),
    });
    await folder.remove();
  },
  LONG_MS,
);

/** Every service by its own command and files, as processes of this machine: its network is a part of loopback. */
whole(
  'people sign in through all of it, also after each Redis server was master and was killed',
  async () => {
    const folder = await temporaryFolder();
    const children: Record<string, Child> = {};
    const stage: Stage = {
      folder: folder.path,
      programs: join(folder.path, 'bin'),
      here: (text) => text.replaceAll('172.30.77.', '127.77.30.'),
    };
    const at = (name: string): string => stage.here(addressOf(name));
    const role = async (name: string): Promise<string | undefined> =>
      fieldsOf(String(await ask({ host: at(name), port: 6379 }, 'INFO', 'replication')))['role'];
    try {
      for (const [name, service] of Object.entries(composition.services)) await lay(stage, name, service);
      await callable(stage.programs, 'redis-server', await tool('redis-server'));
      const start = async (name: string): Promise<void> => {
        children[name] = await startScript(stage, name, composition.services[name]!);
      };
      for (const name of named(/^(redis|sentinel)/)) await start(name);
      await until(async () => (await role('redis-b')) === 'slave', { what: 'a replica', withinMs: 60_000 });
      const settings = await settingsOf(composition.services['gateway-a']!);
      for (const name of named(/^gateway/))
        children[name] = startChild(process.execPath, [built('cli/scangate.js'), 'serve'], {
          cwd: join(folder.path, 'nginx'),
          env: {
            ...Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, stage.here(value)])),
            HOST: at(name),
            SCANGATE_ADMIN_LISTEN: `${at(name)}:9080`,
            // On loopback nginx speaks from its first address.
            SCANGATE_TRUSTED_PROXIES: '127.0.0.1',
          },
        });
      const url = await startNginx(stage, at('nginx'), children);
      const people = (): Promise<unknown> =>
        until(() => signIn(url, { mint: { redirectUri: 'https://localhost/demo/callback' } }), {
          withinMs: 60_000,
          everyMs: 200,
          what: 'a sign-in',
        });
      await people();

      const prometheus = await startPrometheus(stage, at('prometheus'), children);
      await until(async () => (await upOf(prometheus)).every((value) => value === '1'), {
        withinMs: 60_000,
        everyMs: 200,
        what: 'both gateways scraped',
      });

      for (const [master, other] of [
        ['redis-a', 'redis-b'],
        ['redis-b', 'redis-a'],
      ] as const) {
        await children[master]!.kill();
        await until(async () => (await role(other)) === 'master', {
          withinMs: 90_000,
          what: `${other} master`,
        });
        await people();
        await start(master);
        await until(async () => (await role(master)) === 'slave', {
          withinMs: 90_000,
          what: `${master} replica`,
        });
      }
    } catch (error) {
      const said = Object.entries(children).map(
        ([name, child]) => `${name}: ${Object.values(child.output()).join('').slice(-600)}`,
      );
      throw new Error(said.join('\n---\n'), { cause: error });
    } finally {
      await Promise.all(Object.values(children).map((child) => child.stop()));
      await folder.remove();
    }
  },
  LONG_MS,
);

/** The address of it without TLS, for clients that know no certificate of ours. */
async function startNginx(stage: Stage, address: string, children: Record<string, Child>): Promise<string> {
  const service = composition.services['nginx']!;
  await makeCertificate(join(stage.folder, 'nginx/etc/ssl/scangate'));
  await callable(stage.programs, 'nginx', 'true');
  const written = join(stage.folder, 'nginx/default.conf');
  const own = {
    ...stage,
    here: (text: string) => stage.here(text).replace('/etc/nginx/conf.d/default.conf', written),
  };
  await (
    await startScript(own, 'nginx', service)
  ).exited;
  const [secure, plain, redirect] = [await freePort(), await freePort(), await freePort()];
  const site = (await readFile(written, 'utf8'))
    .replace('listen 443 ssl http2;', `listen ${address}:${secure} ssl http2; listen ${address}:${plain};`)
    .replace('listen 80;', `listen ${address}:${redirect};`);
  const file = join(stage.folder, 'nginx/nginx.conf');
  await writeFile(file, around(site, stage.folder));
  children['nginx'] = startChild(await tool('nginx'), ['-c', file, '-p', stage.folder, '-e', 'stderr']);
  return `http://${address}:${plain}`;
}

async function startPrometheus(
  stage: Stage,
  address: string,
  children: Record<string, Child>,
): Promise<string> {
  const listen = `${address}:${await freePort()}`;
  await callable(stage.programs, 'prometheus', `${await tool('prometheus')} --web.listen-address=${listen}`);
  const scrapes = join(stage.folder, 'prometheus/etc/prometheus/prometheus.yml');
  await writeFile(scrapes, (await readFile(scrapes, 'utf8')).replaceAll('15s', '1s'));
  children['prometheus'] = await startScript(stage, 'prometheus', composition.services['prometheus']!);
  return `http://${listen}`;
}

async function upOf(prometheus: string): Promise<readonly string[]> {
  const answer = await fetch(`${prometheus}/api/v1/query?query=up`);
  const { data } = (await answer.json()) as {
    readonly data: { readonly result: readonly { value: [number, string] }[] };
  };
  if (data.result.length !== 2) throw new Error(`${data.result.length} targets`);
  return data.result.map(({ value }) => value[1]);
}
