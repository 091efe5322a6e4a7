import { BadSetting } from '../../config/bad-setting.ts';
import type { Config } from '../../config/config.ts';
import { readTlsPair } from '../../config/tls-pair.ts';
import { systemTime } from '../../time/system-time.ts';
import { certificateRisks } from '../operate/live-certificate.ts';

/** What is risky about the certificate. A pair that cannot be read is a mistake of the settings, which is told as one. */
export function checkCertificate({ tlsFiles, publicUrl }: Config): readonly string[] {
  if (tlsFiles === undefined) return [];
  try {
    const risks = certificateRisks(readTlsPair(tlsFiles), publicUrl.hostname, systemTime.wallNow());
    return risks.map((risk) => `SCANGATE_TLS_CERT: ${risk}`);
  } catch (error) {
    if (error instanceof BadSetting) return [];
    throw error;
  }
}
