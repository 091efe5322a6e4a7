/** Makes the nonce of an event id: a decimal of at most 20 digits, from 64 random bits. */
export type MakeNonce = () => string;
