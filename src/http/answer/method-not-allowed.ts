import { ScangateError } from '../../ticket/error.ts';

/** A method that a path does not know: the one refusal that is HTTP's own, 405 (RFC 9110 §15.5.6). */
export class MethodNotAllowed extends ScangateError {
  readonly status = 405;

  constructor(method: string, allowed: string) {
    super('invalid_request', {
      field: 'method',
      message: `There is no ${method.slice(0, 16)} here, only ${allowed}.`,
    });
  }
}
