import { readFileSync } from 'node:fs';
import { BadSetting } from '../../config/bad-setting.ts';
import type { Config } from '../../config/config.ts';
import { recordSettings } from '../../config/rooms/record.ts';
import { webhookSettings } from '../../config/rooms/webhooks.ts';
import type { Log } from '../../telemetry/log.ts';
import { systemTime } from '../../time/system-time.ts';
import { every } from '../../time/time.ts';
import { BadReceivers, readReceivers } from '../../webhooks/receiver-file.ts';
import type { Receiver } from '../../webhooks/receiver.ts';
import type { Closable } from '../assembly.ts';
import { stampsOf } from '../operate/file-stamps.ts';

/** How often the file is looked at, in milliseconds. */
const LOOK_MS = 2000;

/** Who is told, as the file says now. */
export interface FollowedReceivers extends Closable {
  readonly all: () => readonly Receiver[];
  /** Reads the file now. */
  look(): void;
  /** Hears of others. */
  onChange(listener: (receivers: readonly Receiver[]) => void): void;
}

/** The receivers of a configuration, none where it names no file. @throws BadSetting for a file that cannot be used. */
export function receiversOf(config: Config): readonly Receiver[] {
  const { file } = webhookSettings(config);
  if (file === undefined) return [];
  if (!recordSettings(config).isKept)
    throw new BadSetting(
      'SCANGATE_WEBHOOKS_FILE',
      'tells of the record, and none is kept: its bound in bytes is 0',
    );
  try {
    return readReceivers(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new BadSetting('SCANGATE_WEBHOOKS_FILE', whyUnusable(error));
  }
}

/** Follows the file. One that cannot be used by now changes nothing, and the log says so. */
export function followReceivers(config: Config, log: Log): FollowedReceivers {
  const { file } = webhookSettings(config);
  const files = file === undefined ? [] : [file];
  let seen = stampsOf(files);
  let latest = receiversOf(config);
  let tell: (receivers: readonly Receiver[]) => void = () => undefined;

  function look(): void {
    if (file === undefined) return;
    seen = stampsOf(files);
    try {
      latest = readReceivers(readFileSync(file, 'utf8'));
    } catch (error) {
      const mistakes = error instanceof BadReceivers ? error.mistakes : [whyUnusable(error)];
      log.error({ mistakes }, 'the webhooks stay as they were');
      return;
    }
    log.info({ webhooks: latest.length }, 'webhooks read again');
    tell(latest);
  }

  const follow = (): void => {
    if (stampsOf(files) !== seen) look();
  };
  const stop = file === undefined ? () => undefined : every(systemTime, LOOK_MS, follow);
  return { all: () => latest, look, onChange: (listener) => (tell = listener), close: stop };
}

function whyUnusable(error: unknown): string {
  if (error instanceof BadReceivers) return error.message;
  return `cannot be read (${(error as NodeJS.ErrnoException).code})`;
}
