/** A request of an operator that is not carried out, and why, in one line. */
export class RefusedRequest extends Error {
  override readonly name = 'RefusedRequest';
  readonly status: 400 | 409 | 415;

  constructor(status: RefusedRequest['status'], message: string) {
    super(message);
    this.status = status;
  }
}
