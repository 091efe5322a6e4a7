/** Where an address is. */
export interface Place {
  /** ISO 3166-1, two letters. */
  readonly country?: string;
  /** The city, where it is known, and the country, in words. @param language a tag of BCP 47. */
  name(language: string): string | undefined;
}

/** Where addresses are, as far as anybody said. */
export interface Places {
  /** Whether there is anything to look in. */
  readonly isThere: boolean;
  /** Undefined for an address that is not in it, or is none. */
  find(ip: string): Place | undefined;
}

/** Nothing is known of any address. */
export const noPlaces: Places = { isThere: false, find: () => undefined };
