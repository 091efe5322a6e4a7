import { writeSync } from 'node:fs';
import { destination, pino } from 'pino';
import type { Logger } from 'pino';

/** A log of lines that a machine reads and a person can: one JSON object each, on standard output. */
export type Log = Logger;

/** Members that never reach a line, however they came near one. */
const SECRETS = [
  'authorization',
  'cookie',
  'browser_secret',
  'handshake',
  'scan_code',
  'code',
  'code_verifier',
  'token',
  'access_token',
  'refresh_token',
  'id_token',
  'client_secret',
  'password',
  'secret',
];

/** What a log is written to; standard output where absent. */
export interface LogSink {
  write(line: string): void;
}

/** Makes the process' log. @param level the least severe level that is written; `silent` for none. */
export function makeLog(level: string, sink: LogSink = standardOutput()): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: SECRETS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
        censor: '[secret]',
      },
      serializers: { err: describeError },
    },
    sink,
  );
}

/** How long a line may wait for others, in milliseconds: each write costs more than a line does. */
const LINE_WAIT_MS = 10;

/** So much is written without a wait, in characters. */
const LINES_AT_ONCE = 16_384;

/** So much waits for a reader that is slow, or for room on a disk, in characters; what comes then is dropped. */
const UNREAD_MAX = 8_388_608;

/** Lines go out together; at the exit of the process, those that still wait. A log that cannot be written ends no gateway. */
function standardOutput(): LogSink {
  const output = destination({ fd: 1, sync: false, maxLength: UNREAD_MAX });
  // It would try for ever as the process exits.
  output.on('error', () => Object.assign(output, { flushSync: () => undefined }));
  let lines = '';
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    // It has ended where the process is about to: what is left is written as it exits.
    if (isOver(output)) return;
    output.write(lines);
    lines = '';
  };
  process.on('exit', () => writeLast(lines));
  return {
    write(line) {
      lines += line;
      if (lines.length >= LINES_AT_ONCE) flush();
      else timer ??= setTimeout(flush, LINE_WAIT_MS).unref();
    },
  };
}

function isOver(output: object): boolean {
  return 'destroyed' in output && output.destroyed === true;
}

function writeLast(lines: string): void {
  try {
    writeSync(1, lines);
  } catch {
    // Nobody reads any more.
  }
}

/** What of an error may stand in a log: its kind, its words without anything that looks like a secret, where it was. */
export function describeError(error: unknown): Readonly<Record<string, unknown>> {
  if (!(error instanceof Error)) return { type: typeof error };
  return {
    type: error.name,
    message: withoutSecrets(error.message),
    stack: withoutSecrets(error.stack ?? ''),
  };
}

/** Three dotted parts (a ticket's secrets, JWTs), and whatever follows `Bearer`. */
const SECRET_SHAPES = /[\w-]{10,}\.[\w-]+\.[\w-]{10,}|(?<=bearer )\S+/gi;

/** A text in which nothing that has the shape of a secret is left. */
export function withoutSecrets(text: string): string {
  return text.replaceAll(SECRET_SHAPES, '[secret]');
}
