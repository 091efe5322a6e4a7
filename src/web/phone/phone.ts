export type { PhoneProblem } from './phone-error.ts';
export type { PhoneRequest, PhoneResponse, PhoneTransport, ProgramRequest } from './phone-transport.ts';
export type { PhoneOptions, PhoneSession, ScangatePhone } from './scangate-phone.ts';
export type { ScannedCode } from './scanned-text.ts';
export type { Decided, ReleaseShown, ShownRequest, SignInRequest } from './sign-in-request.ts';
export { PhoneError } from './phone-error.ts';
export { fetchTransport, programTransport } from './phone-transport.ts';
export { scangatePhone } from './scangate-phone.ts';
