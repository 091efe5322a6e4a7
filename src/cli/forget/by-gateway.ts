import type { ErasureReport } from '../../compose/operate/erasure.ts';
import type { Config } from '../../config/config.ts';
import { FORGETTINGS_PATH } from '../../operate/revocations.ts';
import { StoreRefused } from '../../store/refused.ts';
import { linesOfGateway } from '../gateway-lines.ts';

/** One line of the gateway's answer. */
interface Told {
  readonly progress?: Partial<ErasureReport>;
  readonly report?: ErasureReport;
  readonly error?: string;
}

/** Has the gateway forget that has the store's folder, over its listener for operators. @throws StoreRefused */
export async function forgetByGateway(
  config: Config,
  user: string,
  isDryRun: boolean,
  onProgress: (report: ErasureReport) => void,
): Promise<ErasureReport> {
  for await (const line of await linesOfGateway(config, FORGETTINGS_PATH, { user, dry_run: isDryRun })) {
    const { progress, report, error } = JSON.parse(line) as Told;
    if (report !== undefined) return report;
    if (error !== undefined) throw new StoreRefused(error);
    if (progress?.ended !== undefined) onProgress(progress as ErasureReport);
  }
  throw new StoreRefused('the gateway ended before it was through: the same again forgets what is left');
}
