import type { DeviceUserCodes } from '../../oauth/authorization/user-codes.ts';

/** The user codes of device tickets (RFC 8628 §6.1), as far as phones need them. */
export type UserCodes = Pick<DeviceUserCodes, 'find' | 'shown'>;
