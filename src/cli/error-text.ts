import { shareInterval } from "../metrics/index.ts";

/** `3.1 % of 600 held-out images wrong [2.0, 4.8]`: the share, and where 95 of 100 such figures would lie. */
export function errorText(
  { images, wrong }: { readonly images: number; readonly wrong: number },
  which = "held-out ",
): string {
  const { low, high } = shareInterval(Uint8Array.from({ length: images }, (_, index) => Number(index < wrong)));
  const count = `${images.toLocaleString("en-US")} ${which}${images === 1 ? "image" : "images"}`;
  return `${perCent(wrong / images)} % of ${count} wrong [${perCent(low)}, ${perCent(high)}]`;
}

function perCent(share: number): string {
  return (100 * share).toFixed(1);
}
