import { randomFrom } from '../support/random.ts';
import type { Random } from '../support/random.ts';

/** What one request, or one sequence, draws from: no other moves it, so that it plays alone as it played among all. */
export function randomAt(seed: number, of: 'request' | 'sequence', index: number): Random {
  const salt = of === 'request' ? 0x9e3779b1 : 0x85ebca6b;
  return randomFrom(seed ^ Math.imul(index + 1, salt));
}
