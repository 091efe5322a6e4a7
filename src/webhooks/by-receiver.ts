/** Those of each receiver, in their order. */
export function byReceiver<T extends { readonly receiver: string }>(
  all: readonly T[],
): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const each of all) {
    const group = groups.get(each.receiver);
    if (group === undefined) groups.set(each.receiver, [each]);
    else group.push(each);
  }
  return groups;
}
