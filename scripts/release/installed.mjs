/**
 * @param lock package-lock.json @param installed node_modules/.package-lock.json, which npm writes when it installs
 * @throws where what is installed is not what is locked; what another platform takes may be missing
 */
export function mustBeInstalled(lock, installed) {
  const locked = Object.entries(lock.packages).filter(([path]) => path !== '');
  const missing = locked.filter(
    ([path, { optional, devOptional }]) => !optional && !devOptional && !(path in installed.packages),
  );
  const other = Object.entries(installed.packages).filter(
    ([path, { version, integrity }]) =>
      lock.packages[path]?.version !== version || lock.packages[path]?.integrity !== integrity,
  );
  const [first] = [...missing, ...other];
  if (first !== undefined)
    throw new Error(`node_modules is not what package-lock.json says (npm ci), first at ${first[0]}`);
}
