import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { expectStatus } from '../support/call.ts';
import { built } from '../support/built.ts';
import { freePort, startChild } from '../support/child.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { rounds } from '../support/random.ts';
import { confirm, look, mint, readScanCode, scan } from '../support/signin.ts';
import { within } from '../support/until.ts';
import { FRONTS, makeCertificate, startFront } from './front.ts';
import type { Certificate, Front } from './front.ts';
import { SecureReader, WAYS } from './secure-reader.ts';
import type { Way } from './secure-reader.ts';

const COMMAND = built('cli/scangate.js');
const SOON_MS = 10_000;
const IDLE_MS = rounds(2000, 180_000);

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let certificate: Certificate;
let gateway: Gateway;
/** Of whichever proxy is in front. */
let port: number;
let url: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  [certificate, port] = await Promise.all([makeCertificate(folder.path), freePort()]);
  url = `https://localhost:${port}`;
  gateway = await startGateway({
    env: {
      SCANGATE_PUBLIC_URL: url,
      SCANGATE_TICKET_LIFE: IDLE_MS > 60_000 ? 'PT6M' : 'PT2M',
      SCANGATE_TICKET_LIFE_MAX: 'PT10M',
    },
  });
});

afterAll(async () => {
  await gateway?.stop();
  await folder?.remove();
});

describe.each(FRONTS)('%s in front', (name) => {
  let front: Front;

  beforeAll(async () => {
    front = await startFront(name, port, gateway.port, certificate);
  });

  afterAll(() => front?.stop());

  /** One sign-in; how long after the phone's request each notice came. */
  async function signIn(way: Way): Promise<string> {
    const ticket = await mint(gateway.url, { redirectUri: `${url}/demo/callback` });
    const reader = new SecureReader(way, ticket, certificate.pem);
    const notice = (status: 'pending' | 'scanned' | 'confirmed'): Promise<number> =>
      within(reader.told(status), SOON_MS, `${status} over ${way} (${reader.remarks.join()})`);
    try {
      await notice('pending');
      await sleep(IDLE_MS);
      const code = readScanCode(expectStatus(await look(ticket, gateway.url), 200)); // it rotates
      const scannedAt = performance.now();
      const scanning = scan(gateway.url, code);
      const scannedMs = (await notice('scanned')) - scannedAt;
      const phone = expectStatus(await scanning, 201);
      const confirmedAt = performance.now();
      expectStatus(await confirm(gateway.url, phone), 200);
      const confirmedMs = (await notice('confirmed')) - confirmedAt;
      const times = `scanned after ${scannedMs.toFixed(0)} ms, confirmed after ${confirmedMs.toFixed(0)} ms`;
      return `${name}, ${way}: ${times}${reader.remarks.includes('compressed') ? ' (compressed)' : ''}`;
    } finally {
      reader.stop();
    }
  }

  test(
    'each notice comes by itself, also after a while of nothing',
    async () => {
      const lines = await Promise.all(WAYS.map(signIn));
      console.log(`${IDLE_MS / 1000} s of nothing\n${lines.join('\n')}`);
    },
    IDLE_MS + 60_000,
  );

  // By default below a path only (`under-a-path.test.ts`), which is all of it and more.
  const suiteTest = rounds(0, 1) > 0 ? test : test.skip;
  suiteTest('the whole suite passes through it', async () => {
    const suite = startChild(process.execPath, [COMMAND, 'conformance', '--url', url], {
      env: { ...process.env, NODE_EXTRA_CA_CERTS: certificate.path },
    });
    const { code } = await suite.exited;
    const lines = suite.output().stdout.split('\n');
    const failed = lines.filter(
      (line, index) => line.startsWith('FAIL') || lines[index - 1]?.startsWith('FAIL'),
    );
    expect(failed).toEqual([]);
    expect(code).toBe(0);
  });
});
