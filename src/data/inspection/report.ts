import type { ImageSource, SkippedFile } from "../image-source.ts";
import type { Advice } from "./advice-rule.ts";
import type { DuplicateReport } from "./duplicates.ts";
import type { ModeReport } from "./modes.ts";
import type { OddityReport } from "./oddities.ts";
import type { SizeReport } from "./sizes.ts";

/** What a source holds. Every list is whole, and every image is called by its record's name. */
export interface DataReport {
  readonly name: string;
  readonly location: ImageSource["location"];
  readonly kind: ImageSource["kind"];
  /** Images that are there, readable or not: `readable` and the images of `skipped` together, always. */
  readonly found: number;
  /** Images that can be read. Every count and list below is of these. */
  readonly readable: number;
  /** What cannot be read, with the reason. An entry stands for one image where it does not say how many. */
  readonly skipped: readonly SkippedFile[];
  /** Files that are not images; they do not count as found. */
  readonly ignored: readonly string[];
  /** In the order of the class indices. */
  readonly classes: readonly { readonly name: string; readonly count: number }[];
  /** Images of the largest class for each image of the smallest, at least 1; null below two classes. */
  readonly balance: number | null;
  readonly unlabelled: number;
  /** Contradictions between labels, by name, as the source tells them. */
  readonly remarks: readonly string[];
  /** null when the source does not keep images apart. */
  readonly splits: { readonly train: number; readonly test: number; readonly unnamed: number } | null;
  /** As they are stored; `colourless`: those of the images in colour that show nothing but grey. */
  readonly colours: { readonly colour: number; readonly grey: number; readonly colourless: number };
  /** null when no image can be read. */
  readonly sizes: SizeReport | null;
  /** How image files are stored; null where the images are no files of their own. */
  readonly modes: ModeReport | null;
  readonly duplicates: DuplicateReport;
  readonly oddities: OddityReport;
  /** What follows from the figures, most important first. */
  readonly advice: readonly Advice[];
}
