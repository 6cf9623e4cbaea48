/** 12,640,000 -> `12.6 M`. */
export function amount(count: number): string {
  return scaled(count, ["", "k", "M", "G", "T"]);
}

/** 850,000,000 -> `850 MB`. */
export function bytes(count: number): string {
  return scaled(count, ["B", "kB", "MB", "GB", "TB"]);
}

/** Three digits and a unit; whole numbers below 1000. */
function scaled(count: number, units: readonly string[]): string {
  let value = count;
  let step = 0;
  // 999.5 would be written as 1000.
  while (value >= 999.5 && step < units.length - 1) {
    value /= 1000;
    step++;
  }
  const digits = step === 0 ? value.toFixed(0) : value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
  return `${digits} ${units[step] ?? ""}`.trimEnd();
}
