import { serve } from './cli/serve.ts';

// `node dist/main.js` is `scangate serve`.
await serve('npm start');
