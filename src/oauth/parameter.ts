import { OAuthError } from './error.ts';

/** A parameter that must be there. @throws OAuthError `invalid_request` that names it. */
export function required(
  { form }: { readonly form: Readonly<Record<string, string | undefined>> },
  name: string,
): string {
  const value = form[name];
  if (value === undefined || value === '') throw new OAuthError('invalid_request', `${name} is missing.`);
  return value;
}
