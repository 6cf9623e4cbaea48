import { shareInterval } from "../metrics/index.ts";

/** Of fewer images an error says next to nothing: it is off by 18 points and more where 50 % are wrong. */
const FEWEST_TOLD = 30;

/** `3.1 % of 600 held-out images wrong [2.0, 4.8]`: the share, and where 95 of 100 such figures would lie. */
export function errorText(
  { images, wrong }: { readonly images: number; readonly wrong: number },
  which = "held-out ",
): string {
  const { low, high } = shareInterval(Uint8Array.from({ length: images }, (_, index) => Number(index < wrong)));
  const count = `${images.toLocaleString("en-US")} ${which}${images === 1 ? "image" : "images"}`;
  const doubt = images < FEWEST_TOLD ? " (too few to tell)" : "";
  return `${perCent(wrong / images)} % of ${count} wrong [${perCent(low)}, ${perCent(high)}]${doubt}`;
}

function perCent(share: number): string {
  return (100 * share).toFixed(1);
}
