import { hearHangups } from './cli/hangups.ts';

const onHangup = hearHangups();
const { serve } = await import('./cli/serve.ts');

// `node dist/main.js` is `scangate serve`.
await serve('npm start', onHangup);
