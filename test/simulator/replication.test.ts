import { expect, test } from '@jest/globals';
import { realTrio } from './replication/real-trio.ts';
import { simulatedTrio } from './replication/simulated-trio.ts';
import { tellStory } from './replication/story.ts';
import { World } from './world.ts';

test('three simulated servers follow, are promoted and demoted, and die as three real ones do', async () => {
  const simulated = await tellStory(simulatedTrio(await World.create(1)));
  const real = await realTrio();
  try {
    expect(simulated).toEqual(await tellStory(real));
  } finally {
    await real.close();
  }
}, 120_000);
