/** A store that will not be opened, and why, in one line for whoever starts the process. */
export class StoreRefused extends Error {
  override readonly name = 'StoreRefused';
}
