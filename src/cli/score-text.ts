import { metricDescriptions, type ScoreName } from "../evaluation/index.ts";

// How scores and times are written in a line of text.

/** A metric's name within a sentence. */
export function metricName(metric: ScoreName): string {
  const { title } = metricDescriptions[metric];
  return title === title.toUpperCase() ? title : title.toLowerCase();
}

/** A score: `61 %` of those that are shares, `1.3 %` of errors, which are to be small; else three digits. */
export function scoreText(metric: ScoreName, value: number): string {
  if (metric === "own-classifier-error") return `${(100 * value).toFixed(1)} %`;
  return metricDescriptions[metric].unit === "share" ? `${Math.round(100 * value)} %` : significant(value);
}

/** Three significant digits, without an exponent: 0.0123, 1.23, 123. */
export function significant(value: number): string {
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.max(1e-4, Math.abs(value)))));
  return value.toFixed(digits);
}

/** An estimated time: `about 40 seconds`, `about 9 minutes`, `about 2.5 hours`. */
export function roughly(seconds: number): string {
  if (seconds < 8) return "a few seconds";
  if (seconds < 90) return `about ${5 * Math.round(seconds / 5)} seconds`;
  if (seconds < 90 * 60) return `about ${Math.round(seconds / 60)} minutes`;
  const hours = seconds / 3600;
  return `about ${hours < 10 ? Math.round(2 * hours) / 2 : Math.round(hours)} hours`;
}
