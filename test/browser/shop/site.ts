import { withShop } from '../foreign-site.ts';

/** The one shop, with its gateway and browser, of all tests in this folder. */
export const site = withShop();
