/** A key of the page's own, to which the gateway seals who scanned and the code. Its private half cannot be read. */
export interface ResultKey {
  /** The public half, as `POST /v1/tickets` takes it. */
  readonly jwk: PublicKey;
  /** Opens what was sealed to it; undefined for anything else. */
  open(sealed: string, done: (text: string | undefined) => void): void;
}

/** A public key of the curve P-256 as a JWK (RFC 7518 §6.2.1). */
export interface PublicKey {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly x: string;
  readonly y: string;
}
