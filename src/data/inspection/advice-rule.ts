import type { DataReport } from "./report.ts";

/** One thing that follows from the figures. */
export interface Advice {
  readonly about: "leak" | "labels" | "duplicates" | "files" | "count" | "shape" | "size" | "colour" | "look";
  /** What the figures mean, and what to do. */
  readonly text: string;
}

export type Figures = Omit<DataReport, "advice">;

export type Rule = (figures: Figures) => Advice | undefined;

export function images(many: number): string {
  return many === 1 ? "1 image" : `${grouped(many)} images`;
}

export function grouped(many: number): string {
  return many.toLocaleString("en-US");
}

export function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
