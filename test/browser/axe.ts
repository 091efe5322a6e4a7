import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';

/**
 * An axe for a page of ours. It stays in that page: the frames of other sites that the other mode is for have no part in
 * what is looked at, and it opens a tab besides for each look.
 */
export function axeOn(page: Page): AxeBuilder {
  return new AxeBuilder({ page }).setLegacyMode().options({ resultTypes: ['violations'] });
}
