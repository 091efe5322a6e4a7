/** A store that will not be opened, and why, in one line for whoever starts the process. */
export class StoreRefused extends Error {
  override readonly name: string = 'StoreRefused';
}

/** Another process has the folder of a file store. */
export class FolderInUse extends StoreRefused {
  override readonly name = 'FolderInUse';
}
