import { access, cp } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { approveAs } from '../browser/phone.ts';
import { awaitQrCode } from '../browser/screen.ts';
import { PHONE, visit } from '../browser/visit.ts';
import { freePort } from '../support/child.ts';
import { startChromium } from '../support/chromium.ts';
import { temporaryFolder } from '../support/folder.ts';
import { until } from '../support/until.ts';
import { makeMachine, packInto, run } from './machine.ts';

const CONTAINERFILE = fileURLToPath(new URL('../../deploy/Containerfile', import.meta.url));
/** Builds and runs it, as root: `npm test -- --long test/deploy/image.test.ts`. */
const whole = process.env['SCANGATE_TEST_LONG'] === undefined ? test.skip : test;

whole(
  'the image: built, run read-only by nobody in particular, signed in at, healthy, stopped in order',
  async () => {
    const folder = await temporaryFolder();
    const stored = [
      '--storage-driver',
      'vfs',
      '--root',
      join(folder.path, 'images'),
      '--runroot',
      join(folder.path, 'run'),
    ];
    const podman = (...args: string[]): Promise<string> =>
      run('podman', ...stored, '--cgroup-manager', 'cgroupfs', '--runtime', 'runc', ...args);
    const base = join(folder.path, 'base');
    await makeMachine(base);
    await packInto(join(folder.path, 'context'));
    await run('tar', '-cf', `${base}.tar`, '-C', base, '.');
    // No registry of images is asked: what stands for `node:24-bookworm-slim` is made of Debian's packages.
    const trusted = process.env['NODE_EXTRA_CA_CERTS'];
    const change = trusted === undefined ? [] : ['--change', `ENV NODE_EXTRA_CA_CERTS=${trusted}`];
    await podman('import', ...change, `${base}.tar`, 'localhost/base');
    await cp(CONTAINERFILE, join(folder.path, 'Containerfile'));
    const mounts = [join(homedir(), '.npmrc'), '/etc/ssl/certs', '/etc/resolv.conf'];
    const there: string[] = [];
    for (const path of mounts)
      await access(path).then(
        () => there.push('-v', `${path}:${path}:ro`),
        () => {},
      );
    const built = [
      '--isolation',
      'chroot',
      '--format',
      'docker',
      '--build-arg',
      'BASE=localhost/base',
      ...there,
    ];
    const from = [
      '-f',
      join(folder.path, 'Containerfile'),
      '-t',
      'localhost/scangate',
      join(folder.path, 'context'),
    ];
    await run('buildah', ...stored, 'bud', ...built, ...from);
    const port = await freePort();
    const url = `http://localhost:${port}`;
    const settings = [`PORT=${port}`, 'HOST=127.0.0.1', 'SCANGATE_ADMIN_LISTEN=off'].flatMap((one) => [
      '-e',
      one,
    ]);
    const bounds = [
      '--network',
      'host',
      '--read-only',
      '--ulimit',
      'nofile=20000:20000',
      '--ulimit',
      'nproc=4096:4096',
    ];
    await podman('run', '-d', '--name', 'scangate', ...bounds, ...settings, 'localhost/scangate');
    const browser = await startChromium();
    try {
      await until(async () => (await fetch(`${url}/readyz`)).status === 200, {
        withinMs: 60_000,
        everyMs: 100,
      });
      const [screen, phone] = [await visit(browser, [url]), await visit(browser, [url], PHONE)];
      await screen.page.goto(url);
      await approveAs(phone.page, await awaitQrCode(screen.page), 'ada');
      await screen.page.locator('[data-view="done"]').waitFor();
      expect(await screen.page.locator('.subject').textContent()).toBe('ada');
      await podman('healthcheck', 'run', 'scangate');
      expect((await podman('exec', 'scangate', 'id', '-u')).trim()).toBe('10001');
      await expect(podman('exec', 'scangate', 'touch', '/opt/scangate/x')).rejects.toThrow(/Read-only/);
      await podman('stop', '-t', '20', 'scangate');
      expect((await podman('inspect', 'scangate', '--format', '{{.State.ExitCode}}')).trim()).toBe('0');
    } finally {
      await browser.close();
      await podman('rm', '-f', 'scangate');
      await folder.remove();
    }
  },
  900_000,
);
