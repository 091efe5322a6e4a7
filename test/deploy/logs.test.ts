import { execFile } from 'node:child_process';
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { built } from '../support/built.ts';
import { startChild } from '../support/child.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startGateway } from '../support/gateway.ts';
import { signIn } from '../support/journey.ts';
import { tool } from '../support/tools.ts';
import { until } from '../support/until.ts';
import { sample } from './samples.ts';

const NOT_JSON = 'a line that is no "JSON"';
const REFUSED = 'a line that came while Elasticsearch was busy';

interface Sent {
  readonly index: string;
  readonly id: string | undefined;
  readonly document: Readonly<Record<string, unknown>>;
}

/** A stand-in of Elasticsearch: keeps what `_bulk` brings it, unless it is busy with something else. */
async function startElasticsearch(): Promise<{
  port: number;
  sent: Sent[];
  server: Server;
  busyWith: (text: string) => void;
}> {
  let refused: string | undefined;
  const sent: Sent[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      response.setHeader('content-type', 'application/json');
      if (refused !== undefined && body.includes(refused)) {
        refused = undefined;
        response.statusCode = 503;
        return void response.end(JSON.stringify({ error: { type: 'unavailable' }, status: 503 }));
      }
      const lines = body.split('\n').filter((line) => line !== '');
      const items = lines.flatMap((line, at) => {
        if (at % 2 === 1) return [];
        const { index: named } = JSON.parse(line) as { readonly index: Readonly<Record<string, string>> };
        sent.push({
          index: named['_index']!,
          id: named['_id'],
          document: JSON.parse(lines[at + 1]!) as Sent['document'],
        });
        return [{ index: { status: 201 } }];
      });
      return void response.end(JSON.stringify({ took: 1, errors: false, items }));
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return { port, sent, server, busyWith: (text) => (refused = text) };
}

/** What a gateway logs of a sign-in, and what its record has of it, in files. */
async function writeLogs(folder: string): Promise<void> {
  const gateway = await startGateway();
  const store = `file:${join(gateway.folder, 'store')}`;
  const audit = async (): Promise<string> => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [built('cli/scangate.js'), 'audit', '--json'],
      {
        env: { PATH: process.env['PATH'], SCANGATE_STORE: store },
      },
    );
    return stdout;
  };
  try {
    await signIn(gateway.url, { name: 'ada' });
    const record = await until(
      async () => {
        const told = await audit();
        return told.includes('"redeemed"') && told;
      },
      { everyMs: 50, what: 'the whole sign-in in the record' },
    );
    await writeFile(join(folder, 'gateway.log'), `${gateway.output().stdout}${NOT_JSON}\n`);
    // As by two runs of the timer that overlap.
    await writeFile(join(folder, 'record.ndjson'), `${record}${record}${NOT_JSON}\n`);
  } finally {
    await gateway.stop();
  }
}

async function holds(file: string, text: string): Promise<void> {
  const read = async (): Promise<boolean> =>
    new RegExp(`${text}[^]*\\n$`).test(await readFile(file, 'utf8').catch(() => ''));
  await until(read, { withinMs: 60_000, what: `${text} in ${file}` });
}

/** As the head of rsyslog.conf says. */
async function sendAgain(errorFile: string, port: number): Promise<void> {
  const { request } = JSON.parse(await readFile(errorFile, 'utf8')) as {
    readonly request: { readonly postdata: string };
  };
  await fetch(`http://127.0.0.1:${port}/_bulk`, { method: 'POST', body: request.postdata });
}

test('rsyslog takes the log and the record of a sign-in to Elasticsearch, each entry under its id; what is refused is in a file', async () => {
  const folder = await temporaryFolder();
  const logs = join(folder.path, 'logs');
  await Promise.all([mkdir(logs), mkdir(join(folder.path, 'spool'))]);
  await writeLogs(logs);
  const { port, sent, server, busyWith } = await startElasticsearch();
  const errors = join(folder.path, 'errors');
  const config = await sample('logs/rsyslog.conf', {
    '/var/log/scangate/': `${logs}/`,
    '/var/log/scangate-elasticsearch.err': errors,
    'serverport="9200"': `serverport="${port}"`,
  });
  const file = join(folder.path, 'rsyslog.conf');
  await writeFile(file, `global(workDirectory="${join(folder.path, 'spool')}")\n${config}`);
  const rsyslogd = startChild(await tool('rsyslogd'), ['-n', '-i', join(folder.path, 'pid'), '-f', file]);
  const of = (pattern: RegExp): Sent[] => sent.filter(({ index }) => pattern.test(index));
  try {
    await until(
      () =>
        of(/^scangate-log-/).some(({ document }) => document['msg'] === NOT_JSON) &&
        of(/^scangate-record-/).filter(({ document }) => document['kind'] === 'redeemed').length === 2,
      { withinMs: 60_000, what: 'both files sent' },
    ).catch((error: unknown) => {
      throw new Error(`${Object.values(rsyslogd.output()).join('')}\n${JSON.stringify(sent)}`, {
        cause: error,
      });
    });
    const lines = of(/^scangate-log-\d{4}-\d\d-\d\d$/).map(({ document }) => document);
    expect(lines).toEqual(
      expect.arrayContaining([expect.objectContaining({ level: 'info', msg: 'listening' })]),
    );
    expect(lines.filter(({ time }) => Number.isNaN(Date.parse(String(time))))).toEqual([]);

    const entries = of(/^scangate-record-\d{4}-\d\d$/);
    expect(entries.map(({ document }) => document['kind'])).toEqual(
      expect.arrayContaining(['minted', 'scanned', 'confirmed', 'redeemed']),
    );
    for (const { index, id, document } of entries) {
      expect(id).toBe(document['id']);
      expect(index).toBe(`scangate-record-${String(document['at']).slice(0, 7)}`);
    }
    expect(entries.length).toBe(2 * new Set(entries.map(({ id }) => id)).size);

    const { template } = JSON.parse(await sample('logs/record.template.json')) as {
      readonly template: { readonly mappings: { readonly properties: Readonly<Record<string, unknown>> } };
    };
    const told = new Set(entries.flatMap(({ document }) => Object.keys(document)));
    expect(Object.keys(template.mappings.properties).filter((name) => !told.has(name))).toEqual([]);

    busyWith(REFUSED);
    await appendFile(join(logs, 'gateway.log'), `${JSON.stringify({ msg: REFUSED })}\n`);
    await holds(errors, REFUSED);
    await holds(join(logs, 'record.err'), NOT_JSON);
    await sendAgain(errors, port);
    const logged = of(/^scangate-log-/);
    expect(logged.at(-1)!.document).toEqual({ msg: REFUSED });
    expect(new Set(logged.map(({ id }) => id ?? '')).size).toBe(logged.length);
  } finally {
    await rsyslogd.stop();
    server.closeAllConnections();
    server.close();
    await folder.remove();
  }
});

test('Filebeat reads the same files into the same indices, and the templates are of these', async () => {
  const rsyslog = await sample('logs/rsyslog.conf');
  const { 'filebeat.inputs': inputs } = parse(await sample('logs/filebeat.yml')) as {
    readonly 'filebeat.inputs': readonly {
      id: string;
      paths: [string];
      index: string;
      parsers: [{ ndjson: object }];
    }[];
  };
  expect(inputs.map(({ id }) => id)).toEqual(['scangate-log', 'scangate-record']);
  for (const { id, paths, index } of inputs) {
    expect(rsyslog).toContain(`file="${paths[0]}" tag="${id}"`);
    expect(rsyslog).toContain(`string="${index.split('%')[0]}%`);
    const template = JSON.parse(await sample(`logs/${id.replace('scangate-', '')}.template.json`)) as {
      readonly index_patterns: readonly string[];
    };
    expect(template.index_patterns).toEqual([`${id}-*`]);
  }
  expect(inputs[1]!.parsers[0].ndjson).toMatchObject({ document_id: 'id' });
});
