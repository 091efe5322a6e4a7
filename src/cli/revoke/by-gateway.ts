import type { Config } from '../../config/config.ts';
import type { RevocationReport, Selected } from '../../oauth/revocation/revocation.ts';
import type { AskedSelection } from '../../oauth/revocation/selection.ts';
import { REVOCATIONS_PATH } from '../../operate/revocations.ts';
import { StoreRefused } from '../../store/refused.ts';
import { linesOfGateway } from '../gateway-lines.ts';

/** What is heard of a revocation while it runs. */
export interface RevocationEar {
  selected(one: Selected): void;
  progress(report: RevocationReport): void;
}

/** One line of the gateway's answer. */
interface Told {
  readonly selected?: Selected;
  readonly progress?: RevocationReport;
  readonly report?: RevocationReport;
  readonly error?: string;
}

/** Has the gateway revoke that has the store's folder, over its listener for operators. @throws StoreRefused */
export async function revokeByGateway(
  config: Config,
  asked: AskedSelection,
  isDryRun: boolean,
  ear: RevocationEar,
): Promise<RevocationReport> {
  for await (const line of await linesOfGateway(config, REVOCATIONS_PATH, { ...asked, dry_run: isDryRun })) {
    const told = JSON.parse(line) as Told;
    if (told.selected !== undefined) ear.selected(told.selected);
    else if (told.report !== undefined) return told.report;
    else if (told.error !== undefined) throw new StoreRefused(told.error);
    else if (told.progress?.looked !== undefined) ear.progress(told.progress);
  }
  throw new StoreRefused('the gateway ended before it was through: the same again ends what is left');
}
