const grouped = new Intl.NumberFormat("en-US");
const threeDigits = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 3 });

/** A whole number with its thousands apart: `187,316`. */
export function formatCount(value: number): string {
  return grouped.format(value);
}

/** A measured number to three significant digits: `21.4`. */
export function formatNumber(value: number): string {
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-4 || size >= 1e6) ? value.toExponential(1) : threeDigits.format(value);
}

/** A number of things with the noun: `1 step`, `2,160 images`. */
export function countOf(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** A length of time in the two largest units that say something: `5.8 s`, `12 min 5 s`, `3 h 20 min`. */
export function formatDuration(seconds: number): string {
  if (seconds < 10) return `${threeDigits.format(Number(seconds.toFixed(1)))} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return joinUnits(Math.floor(whole / 60), "min", whole % 60, "s");
  const minutes = Math.round(whole / 60);
  return joinUnits(Math.floor(minutes / 60), "h", minutes % 60, "min");
}

function joinUnits(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

/** The name of a key in words: `realScore` becomes `real score`. */
export function inWords(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).trim();
}

/** A text with its first letter large. */
export function capitalized(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** A phrase as a sentence: with a large first letter and a full stop. */
export function asSentence(phrase: string): string {
  return capitalized(/[.!?]$/.test(phrase) ? phrase : `${phrase}.`);
}
