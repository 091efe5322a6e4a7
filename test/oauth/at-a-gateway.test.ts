/*
 * What a gateway with clients of its own answers, and the OpenID Foundation's plans. Each part has a gateway; all of them are in
 * one process, whose start would be most of what a part costs.
 */
import './at-a-gateway/authorize.ts';
import './at-a-gateway/logout.ts';
import './at-a-gateway/registration.ts';
import './plans/basic.ts';
import './plans/config.ts';
import './plans/logout.ts';
