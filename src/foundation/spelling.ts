import leven from "leven";

/** The known name that is nearest to a misspelt one, if any is near. */
export function nearestName(name: string, names: readonly string[]): string | undefined {
  const ranked = names.map((known) => ({ known, distance: leven(name.toLowerCase(), known.toLowerCase()) }));
  const [best] = ranked.sort((left, right) => left.distance - right.distance);
  return best !== undefined && best.distance <= Math.max(2, name.length / 3) ? best.known : undefined;
}
