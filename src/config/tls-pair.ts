import { X509Certificate, createPrivateKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { createSecureContext } from 'node:tls';
import { BadSetting } from './bad-setting.ts';
import { readSecretFile } from './secret-files.ts';
import type { Values } from './values.ts';

/** Where certificate and key are: paths of files. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/** A certificate and its private key, both in PEM, which belong together. */
export interface TlsPair {
  /** The gateway's own first, then those that it takes to a root. */
  readonly cert: string;
  readonly key: string;
  /** When the first certificate begins and ends to count, in milliseconds since the epoch. */
  readonly validFrom: number;
  readonly validTo: number;
  /** Whether the first certificate is for this host name or address. */
  readonly isFor: (host: string) => boolean;
}

/**
 * TLS 1.3, and of TLS 1.2 what RFC 9325 §4.2 recommends: forward secrecy and authenticated encryption. The names are
 * OpenSSL's.
 */
export const TLS_BOUNDS = {
  minVersion: 'TLSv1.2',
  ciphers: [
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
    'TLS_AES_128_GCM_SHA256',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
    'ECDHE-RSA-CHACHA20-POLY1305',
  ].join(':'),
} as const;

/** The files that the settings name; undefined: the gateway speaks plain HTTP. @throws {@link BadSetting} for one alone. */
export function tlsFilesOf(values: Values): TlsFiles | undefined {
  const [cert, key] = [values.SCANGATE_TLS_CERT, values.SCANGATE_TLS_KEY];
  if (cert !== undefined && key !== undefined) return { cert, key };
  if (cert !== undefined) throw new BadSetting('SCANGATE_TLS_CERT', 'is set without SCANGATE_TLS_KEY');
  if (key !== undefined) throw new BadSetting('SCANGATE_TLS_KEY', 'is set without SCANGATE_TLS_CERT');
  return undefined;
}

/** Reads a certificate and its key. @throws {@link BadSetting} where they are none, or do not belong together. */
export function readTlsPair(files: TlsFiles): TlsPair {
  const cert = readCertificate(files.cert);
  const key = readSecretFile('SCANGATE_TLS_KEY', files.key);
  const certificate = parsed(
    'SCANGATE_TLS_CERT',
    'holds no certificate in PEM',
    () => new X509Certificate(cert),
  );
  const privateKey = parsed('SCANGATE_TLS_KEY', 'holds no private key in PEM, or one with a passphrase', () =>
    createPrivateKey(key),
  );
  assertPair(certificate, privateKey);
  parsed('SCANGATE_TLS_CERT', 'cannot be used: a certificate or key is broken or too weak', () =>
    createSecureContext({ ...TLS_BOUNDS, cert, key }),
  );
  return {
    cert,
    key,
    validFrom: Date.parse(certificate.validFrom),
    validTo: Date.parse(certificate.validTo),
    isFor: (host) => isFor(certificate, host),
  };
}

function readCertificate(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new BadSetting('SCANGATE_TLS_CERT', `cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

function parsed<T>(setting: string, why: string, parse: () => T): T {
  try {
    return parse();
  } catch {
    throw new BadSetting(setting, why);
  }
}

function assertPair(certificate: X509Certificate, key: KeyObject): void {
  if (!certificate.checkPrivateKey(key))
    throw new BadSetting('SCANGATE_TLS_KEY', 'is not the key of the first certificate in SCANGATE_TLS_CERT');
}

function isFor(certificate: X509Certificate, host: string): boolean {
  const address = host.replaceAll(/[[\]]/g, '');
  return (isIP(address) === 0 ? certificate.checkHost(host) : certificate.checkIP(address)) !== undefined;
}
