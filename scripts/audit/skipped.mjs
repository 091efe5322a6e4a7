/** Why a check was not made. */
export class Skipped extends Error {}
