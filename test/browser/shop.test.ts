/*
 * All that is tested at another site's sign-ins. The parts do not disturb each other, and a gateway, a site and a browser for
 * each would be most of what they cost.
 */
import './shop/approval.ts';
import './shop/asked.ts';
import './shop/embedded.ts';
import './shop/foreign-page.ts';
import './shop/reports.ts';
import './shop/same-device.ts';
import './shop/sealed.ts';
