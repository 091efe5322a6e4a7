/** A setting that cannot be: one line that names it. */
export class BadSetting extends Error {
  override readonly name = 'BadSetting';
  constructor(setting: string, why: string) {
    super(`${setting}: ${why}`);
  }
}
