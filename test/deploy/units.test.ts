import { readFile, rm, symlink, writeFile, cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { approveAs } from '../browser/phone.ts';
import { awaitQrCode } from '../browser/screen.ts';
import { PHONE, visit } from '../browser/visit.ts';
import { freePorts, startChild } from '../support/child.ts';
import { startChromium } from '../support/chromium.ts';
import { temporaryFolder } from '../support/folder.ts';
import { until } from '../support/until.ts';
import { makeMachine, packInto, run } from './machine.ts';

const UNITS = fileURLToPath(new URL('../../deploy/systemd', import.meta.url));
/** Boots a machine, as root: `npm test -- --long test/deploy/units.test.ts`. */
const whole = process.env['SCANGATE_TEST_LONG'] === undefined ? test.skip : test;
const BOOT_MS = 120_000;

test('the unit of several gateways differs from that of one in its head and its settings alone', async () => {
  const read = async (name: string): Promise<string[]> =>
    (await readFile(join(UNITS, name), 'utf8')).split('\n');
  const [one, several] = await Promise.all([read('scangate.service'), read('scangate@.service')]);
  const said = (lines: string[]): string[] => lines.filter((line) => !line.startsWith('#'));
  const differ = said(one).filter((line) => !several.includes(line));
  expect(differ).toEqual([
    'Description=Scangate, scan to sign in',
    'Environment=SCANGATE_STORE=file:/var/lib/scangate',
  ]);
  expect(said(several).filter((line) => !one.includes(line))).toEqual([
    'Description=Scangate on port %i',
    'Environment=PORT=%i',
  ]);
});

whole(
  'a machine boots with it: a sign-in in a browser, then reload, restart and stop',
  async () => {
    const folder = await temporaryFolder();
    const machine = join(folder.path, 'machine');
    const [port, operators] = (await freePorts(2)) as [number, number];
    const url = `http://localhost:${port}`;
    await makeMachine(machine);
    const tarball = await packInto(folder.path);
    const prefix = join(machine, 'usr/local');
    await run(
      'npm',
      'install',
      '--global',
      '--ignore-scripts',
      '--prefer-offline',
      '--prefix',
      prefix,
      tarball,
    );
    for (const unit of ['scangate.service', 'scangate@.service'])
      await cp(join(UNITS, unit), join(machine, 'etc/systemd/system', unit));
    await cp(join(UNITS, 'scangate.sysusers'), join(machine, 'usr/lib/sysusers.d/scangate.conf'));
    await mkdir(join(machine, 'etc/scangate'));
    await writeFile(
      join(machine, 'etc/scangate/scangate.env'),
      `PORT=${port}\nSCANGATE_ADMIN_LISTEN=127.0.0.1:${operators}\nSCANGATE_LOG_LEVEL=debug\n`,
    );
    await symlink(
      '../scangate.service',
      join(machine, 'etc/systemd/system/multi-user.target.wants/scangate.service'),
    );
    await run('chroot', machine, 'systemd-sysusers');
    for (const unit of ['scangate.service', 'scangate@8080.service'])
      expect(await run('chroot', machine, 'systemd-analyze', 'verify', unit)).toBe('');
    const exposure = await run(
      'chroot',
      machine,
      'systemd-analyze',
      'security',
      '--offline=yes',
      'scangate.service',
    );
    expect(Number(/exposure level for scangate.service: ([\d.]+)/.exec(exposure)?.[1])).toBeLessThan(2);

    const nspawn = startChild('systemd-nspawn', ['--register=no', '--keep-unit', '-q', '-b', '-D', machine]);
    const ready = async (): Promise<boolean> => (await fetch(`${url}/readyz`)).status === 200;
    const browser = await startChromium();
    try {
      await until(ready, { withinMs: BOOT_MS, everyMs: 250, what: 'a ready gateway in the machine' });
      const init = (await run('pgrep', '-P', String(nspawn.pid))).trim();
      const inside = (...command: string[]): Promise<string> =>
        run('nsenter', '-t', init, '-m', '-u', '-i', '-n', '-p', '-r', '-w', ...command);
      const [screen, phone] = [await visit(browser, [url]), await visit(browser, [url], PHONE)];
      await screen.page.goto(url);
      await approveAs(phone.page, await awaitQrCode(screen.page), 'ada');
      await screen.page.locator('[data-view="done"]').waitFor();
      expect(await screen.page.locator('.subject').textContent()).toBe('ada');

      await inside('systemctl', 'reload', 'scangate');
      const before = await inside('systemctl', 'show', 'scangate', '-p', 'MainPID');
      await inside('systemctl', 'restart', 'scangate');
      await until(ready, { withinMs: BOOT_MS, everyMs: 250, what: 'a gateway that is ready again' });
      expect(await inside('systemctl', 'show', 'scangate', '-p', 'MainPID')).not.toBe(before);
      expect(await inside('ls', '-lA', '/var/lib/scangate')).toMatch(
        /-rw------- \d scangate scangate .* secrets/,
      );
      await inside('systemctl', 'stop', 'scangate');
      expect(await inside('systemctl', 'show', 'scangate', '-p', 'Result', '-p', 'ExecMainStatus')).toBe(
        'Result=success\nExecMainStatus=0\n',
      );
    } finally {
      await browser.close();
      // What systemd ends a machine by.
      nspawn.signal('SIGTERM');
      await nspawn.stop(30_000);
      await rm(machine, { recursive: true, force: true });
      await folder.remove();
    }
  },
  900_000,
);
