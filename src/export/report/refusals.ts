/** Why a score could not be computed. */
interface Refusal {
  readonly metric: string;
  readonly reason: string;
}

/** With a comma or point between its digits. */
const number = /\d+(?:[.,]\d+)*/g;

/**
 * Refusals of one score whose reasons differ in a single number, as one that names both: with two feature extractors, `no more than
 * 128 or 432 images on a side`. The others stay, in their order.
 */
export function mergedRefusals<R extends Refusal>(refused: readonly R[]): readonly R[] {
  return [...new Set(refused.map(patternOf))].flatMap((pattern) => {
    const alike = refused.filter((refusal) => patternOf(refusal) === pattern);
    const [first] = alike;
    if (first === undefined) return [];
    const numbers = alike.map(({ reason }) => reason.match(number) ?? []);
    const places = (numbers[0] ?? []).map((_, place) => [...new Set(numbers.map((each) => each[place] ?? ""))]);
    if (places.filter((values) => values.length > 1).length > 1) return alike;
    let place = 0;
    const reason = first.reason.replace(number, () => (places[place++] ?? []).join(" or "));
    return [{ ...first, reason }];
  });
}

function patternOf({ metric, reason }: Refusal): string {
  return `${metric} ${reason.replace(number, "#")}`;
}
