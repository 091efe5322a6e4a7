/** What `scangate audit` is asked, as it was written. */
export interface AuditGiven {
  readonly json?: boolean;
  readonly user?: string;
  readonly client?: string;
  readonly ticket?: string;
  readonly session?: string;
  readonly address?: string;
  readonly kind?: string;
  readonly since?: string;
  readonly until?: string;
  readonly last?: string;
  readonly keys?: string;
  readonly heads?: string;
}
