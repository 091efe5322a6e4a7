/** Whether a `User-Agent` is that of a phone or tablet, whose user can hardly scan its own screen. */
export function isPhoneBrowser(agent: string): boolean {
  return /Android|iPhone|iPad|iPod|HarmonyOS|Mobile/.test(agent);
}
