import { expect, test } from '@jest/globals';
import { reasonOf } from '../../src/cli/reason.ts';
import { RevocationStopped } from '../../src/oauth/revocation/revocation.ts';
import { ForgettingStopped } from '../../src/record/keeping/forgetting.ts';

test.each([
  ['forget', new ForgettingStopped()],
  ['revoke', new RevocationStopped('it was stopped')],
])('%s that a signal stopped says so in one line, without a stack', (_, error) => {
  expect(reasonOf(error)).toBe(error.message);
});
