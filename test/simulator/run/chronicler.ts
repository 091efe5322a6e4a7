import type { Incident } from '../../../src/store/redis/failover/incident.ts';
import type { Recorder } from '../people/recorder.ts';

const TOLD_CHANNELS: ReadonlySet<string> = new Set([
  '+sdown',
  '-sdown',
  '+odown',
  '+try-failover',
  '+promoted-slave',
  '+switch-master',
  '+convert-to-slave',
]);

/** Tells what Sentinels and gateways say of themselves, and counts what matters of it. */
export class Chronicler {
  /** When a replica was made the master. */
  readonly promotedAt: number[] = [];
  readonly #recorder: Recorder;
  /** The ids under which the gateways' stores know each other, and those that others went on without. */
  readonly #ids = new Map<string, string>();
  readonly #struck = new Set<string>();

  constructor(recorder: Recorder) {
    this.#recorder = recorder;
  }

  readonly sentinelSaid = (name: string, channel: string, text: string): void => {
    if (!TOLD_CHANNELS.has(channel)) return;
    const at = this.#recorder.tell(`sentinel ${name}`, `${channel} ${text}`);
    if (channel !== '+promoted-slave') return;
    this.promotedAt.push(at);
    this.#recorder.count('promotion');
  };

  gatewaySaid(name: string, incident: Incident): void {
    const recorder = this.#recorder;
    switch (incident.kind) {
      case 'timeline':
        recorder.count('another history found');
        recorder.tell(name, 'goes on in another history');
        return;
      case 'barrier':
        this.#ids.set(name, incident.node);
        recorder.tell(name, `finds another history, and waits for ${incident.others.length} others`);
        return;
      case 'healed':
        if (incident.restored > 0) recorder.count('healed with restores');
        if (this.#struck.delete(this.#ids.get(name) ?? '')) recorder.count('struck node returns');
        recorder.tell(name, `has healed: ${incident.restored} restored, ${incident.givenUp} given up`);
        return;
      case 'restored':
        recorder.tell(name, `restores ${incident.type} of ${incident.subject}`);
        return;
      case 'given_up':
        recorder.count('restore given up');
        recorder.tell(name, `gives up ${incident.type} of ${incident.subject}: ${incident.why}`);
        return;
      case 'not_waited':
        recorder.count('strike');
        for (const id of incident.late) this.#struck.add(id);
        recorder.tell(name, `goes on without ${incident.nodes} other gateways`);
        return;
      case 'link':
        recorder.tell(name, Object.values(incident).join(' '));
        return;
      default:
    }
  }
}
