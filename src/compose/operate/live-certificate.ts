import { BadSetting } from '../../config/bad-setting.ts';
import type { Config } from '../../config/config.ts';
import { readTlsPair } from '../../config/tls-pair.ts';
import type { TlsFiles, TlsPair } from '../../config/tls-pair.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import { every } from '../../time/time.ts';
import type { Time } from '../../time/time.ts';
import type { Closable } from '../assembly.ts';
import { stampsOf } from './file-stamps.ts';

/** How often the files are looked at, in milliseconds. */
const LOOK_MS = 2000;

/** How often it is warned of what is risky about it, while that lasts, in milliseconds. */
const WARN_MS = 86_400_000;

/** The time before a certificate's end from which on it is warned of, in milliseconds. */
const SOON_MS = 14 * 86_400_000;

/** A certificate that follows its files until it is closed. */
export interface LiveCertificate extends Closable {
  /** As it was at first; undefined: the gateway speaks plain HTTP. */
  readonly first: TlsPair | undefined;
  /** Reads the files now. */
  look(): void;
  /** Hears of another pair. */
  onRenewed(listener: (pair: TlsPair) => void): void;
}

export interface LiveCertificateParts {
  readonly log: Log;
  readonly metrics: Metrics;
  readonly time: Time;
}

/**
 * Reads certificate and key, and follows their files. What cannot be used (one of the two that was already changed, for a
 * moment, or a mistake) changes nothing, and the log says so.
 *
 * @throws BadSetting where the first reading finds a mistake.
 */
export function openLiveCertificate(config: Config, parts: LiveCertificateParts): LiveCertificate {
  const { tlsFiles } = config;
  return tlsFiles === undefined ? NONE : follow(tlsFiles, config.publicUrl.hostname, parts);
}

const NONE: LiveCertificate = {
  first: undefined,
  look: () => undefined,
  onRenewed: () => undefined,
  close: () => undefined,
};

function follow(
  files: TlsFiles,
  host: string,
  { log, metrics, time }: LiveCertificateParts,
): LiveCertificate {
  const paths = [files.cert, files.key];
  let tell: (pair: TlsPair) => void = () => undefined;
  let seen = stampsOf(paths);

  const warn = (pair: TlsPair): void => {
    for (const risk of certificateRisks(pair, host, time.wallNow()))
      log.warn({ host, ends: isoOf(pair.validTo) }, risk);
  };
  const taken = (pair: TlsPair): TlsPair => {
    metrics.tlsNotAfter.set({ host }, pair.validTo / 1000);
    warn(pair);
    return pair;
  };
  const first = taken(readTlsPair(files));
  let current = first;
  const look = (): void => {
    seen = stampsOf(paths);
    try {
      current = taken(readTlsPair(files));
      tell(current);
      log.info({ host, ends: isoOf(current.validTo) }, 'certificate read again');
    } catch (error) {
      if (!(error instanceof BadSetting)) throw error;
      log.warn({ mistake: error.message }, 'the certificate stays as it was');
    }
  };
  const stops = [
    every(time, WARN_MS, () => warn(current)),
    every(time, LOOK_MS, () => {
      if (stampsOf(paths) !== seen) look();
    }),
  ];
  return {
    first,
    look,
    onRenewed: (listener) => {
      tell = listener;
    },
    close: () => stops.forEach((stop) => stop()),
  };
}

/** What browsers will say of a certificate, or soon will. */
export function certificateRisks(pair: TlsPair, host: string, now: number): readonly string[] {
  const risks: readonly (readonly [boolean, string])[] = [
    [!pair.isFor(host), 'the certificate is not for the host of SCANGATE_PUBLIC_URL'],
    [now < pair.validFrom, 'the certificate does not count yet'],
    [now > pair.validTo, 'the certificate has ended'],
    [now <= pair.validTo && now > pair.validTo - SOON_MS, 'the certificate ends soon'],
  ];
  return risks.filter(([holds]) => holds).map(([, risk]) => risk);
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}
