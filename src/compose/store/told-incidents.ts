import type { Incident } from '../../store/redis/failover/incident.ts';
import type { Bulletins } from '../../telemetry/bulletins.ts';

/** Tells people of a failover and of what came of it; of other incidents they hear by outages, or not at all. */
export function tellIncident(incident: Incident, bulletins: Bulletins): void {
  switch (incident.kind) {
    case 'timeline':
      bulletins.tell('bad', 'The store has another history than before', FAILOVER);
      return;
    case 'not_waited': {
      const { nodes } = incident;
      bulletins.tell('bad', 'Went on before other nodes had dealt with the failover', `${nodes} were late`);
      return;
    }
    case 'healed': {
      const { seconds, restored, givenUp, reset } = incident;
      const detail = `in ${seconds.toFixed(1)} s: ${restored} lost events put back, ${givenUp} given up, ${reset} browsers told to begin anew`;
      bulletins.tell(givenUp === 0 ? 'good' : 'bad', 'Dealt with a failover', detail);
      return;
    }
    case 'ring_full':
      bulletins.tell('bad', 'The redo ring is full', `${incident.dropped} entries had no room`);
      return;
    case 'nodes': {
      const { came, gone } = incident;
      if (came.length > 0) bulletins.tell('note', 'Other nodes came to the store', `${came.length}`);
      if (gone.length > 0)
        bulletins.tell('note', 'Other nodes are not heard of any longer', `${gone.length}`);
      return;
    }
    default:
  }
}

const FAILOVER = 'another server became its master, it was restarted, or it was emptied';
