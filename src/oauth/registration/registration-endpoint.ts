import { createHash, timingSafeEqual } from 'node:crypto';
import { OAuthError } from '../error.ts';
import { readMetadata } from './metadata-request.ts';
import type { RegisteredMetadata } from './metadata-request.ts';
import { hasSecret } from './registered-client.ts';
import type { Registration } from './registered-client.ts';
import { ID_PREFIX } from './registrations.ts';
import type { RegistrationSecrets, Registrations } from './registrations.ts';

/** What a client is told of its registration (RFC 7591 §3.2.1, RFC 7592 §3). */
export type RegistrationAnswer = RegisteredMetadata & {
  readonly client_id: string;
  readonly client_id_issued_at: number;
  readonly client_secret?: string;
  /** Seconds since the epoch: when the registration is gone unless it is read or updated before. */
  readonly client_secret_expires_at: number;
  readonly registration_access_token: string;
  readonly registration_client_uri: string;
};

/** What proves that a client may ask. */
export interface RegistrationProof {
  readonly clientId: string;
  /** The registration access token. */
  readonly bearer: string | undefined;
}

/** Answers `/oauth/register` and below (RFC 7591, RFC 7592). */
export interface RegistrationEndpoint {
  /**
   * @param bearer the initial access token.
   * @throws OAuthError `invalid_token`, `invalid_redirect_uri`, `invalid_client_metadata`, `temporarily_unavailable`
   */
  register(bearer: string | undefined, body: unknown): Promise<RegistrationAnswer>;
  /** Reads a registration, which lives on from here. @throws OAuthError `invalid_token`, also where there is none. */
  read(proof: RegistrationProof): Promise<RegistrationAnswer>;
  /** Replaces all that a client said of itself. @throws OAuthError as {@link register} does. */
  update(proof: RegistrationProof, body: unknown): Promise<RegistrationAnswer>;
  /** @throws OAuthError `invalid_token` */
  remove(proof: RegistrationProof): Promise<void>;
}

export interface RegistrationEndpointOptions {
  readonly issuer: string;
  readonly registrations: Registrations;
  readonly secrets: RegistrationSecrets;
  /** Any of these registers a client; asked for each time, for they may change. */
  readonly initialTokens: () => readonly string[];
  readonly plainHttp: boolean;
  readonly lifeMs: number;
  readonly makingKeyId: () => string;
  /** Makes 128 random bits in base64url. */
  readonly makeId: () => string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Told of each change, so that it counts here at once. */
  readonly onChange: () => Promise<void>;
  /** Told of a client that removed itself: what it has is to end (RFC 7592 §2.3). */
  readonly onRemoved: (clientId: string) => void;
}

export function registrationEndpoint(options: RegistrationEndpointOptions): RegistrationEndpoint {
  const { registrations, secrets, plainHttp } = options;
  const nowS = (): number => Math.floor(options.now() / 1000);
  const endsAt = (): number => nowS() + Math.floor(options.lifeMs / 1000);

  return {
    async register(bearer, body) {
      if (
        !options
          .initialTokens()
          .map((token) => equals(token, bearer ?? ''))
          .includes(true)
      )
        throw unknown();
      const registration = {
        client_id: `${ID_PREFIX}${options.makeId()}`,
        key_id: options.makingKeyId(),
        revision: options.makeId(),
        issued_at: nowS(),
        ends_at: endsAt(),
        metadata: readMetadata(body, plainHttp),
      };
      await registrations.add(bounded(registration));
      return await changed(registration);
    },

    async read(proof) {
      const before = await proven(proof);
      const after = bounded({ ...before, ends_at: endsAt() });
      // Whoever was quicker renewed it too, or changed it: then it is as they left it.
      return await changed((await registrations.replace(before, after)) ? after : await proven(proof));
    },

    async update(proof, body) {
      const before = await proven(proof);
      checkSame(before, body, secrets);
      return await replaced(before, { metadata: readMetadata(body, plainHttp) });
    },

    async remove(proof) {
      const found = await proven(proof);
      await registrations.remove(found);
      await options.onChange();
      options.onRemoved(found.client_id);
    },
  };

  async function proven({ clientId, bearer }: RegistrationProof): Promise<Registration> {
    const found = await registrations.find(clientId);
    const token = found && secrets.accessTokenOf(found);
    if (found === undefined || token === undefined || !equals(token, bearer ?? '')) throw unknown();
    return found;
  }

  async function replaced(before: Registration, more: Partial<Registration>): Promise<RegistrationAnswer> {
    const after = bounded({ ...before, ...more, revision: options.makeId(), ends_at: endsAt() });
    if (!(await registrations.replace(before, after)))
      throw new OAuthError('temporarily_unavailable', 'The registration changed meanwhile.');
    return await changed(after);
  }

  async function changed(registration: Registration): Promise<RegistrationAnswer> {
    await options.onChange();
    return answerOf(registration, options);
  }
}

function answerOf(
  registration: Registration,
  { issuer, secrets }: Pick<RegistrationEndpointOptions, 'issuer' | 'secrets'>,
): RegistrationAnswer {
  const { client_id: clientId, metadata, issued_at: issuedAt } = registration;
  const secret = hasSecret(registration) ? secrets.secretOf(registration) : undefined;
  return {
    client_id: clientId,
    client_id_issued_at: issuedAt,
    ...(secret === undefined ? {} : { client_secret: secret }),
    client_secret_expires_at: registration.ends_at,
    registration_access_token: secrets.accessTokenOf(registration) ?? '',
    registration_client_uri: `${issuer}/oauth/register/${clientId}`,
    ...metadata,
  };
}

/** RFC 7592 §2.2: who it is, and its secret, are not the client's to change. */
function checkSame(before: Registration, body: unknown, secrets: RegistrationSecrets): void {
  const { client_id: id, client_secret: secret } = (body ?? {}) as Record<string, unknown>;
  if (id !== before.client_id)
    throw new OAuthError('invalid_request', 'client_id must be the registered one.');
  if (secret !== undefined && secret !== secrets.secretOf(before))
    throw new OAuthError('invalid_request', 'client_secret must be the registered one.');
}

const REGISTRATION_BYTES_MAX = 12_000;

function bounded(registration: Registration): Registration {
  if (Buffer.byteLength(JSON.stringify(registration)) <= REGISTRATION_BYTES_MAX) return registration;
  throw new OAuthError(
    'invalid_client_metadata',
    `A registration has at most ${REGISTRATION_BYTES_MAX} bytes.`,
  );
}

function equals(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

function unknown(): OAuthError {
  return new OAuthError('invalid_token', 'The token is missing, or not one for this.', {
    'WWW-Authenticate': 'Bearer error="invalid_token"',
  });
}
