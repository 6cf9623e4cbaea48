import type { Command } from "commander";
import type { DataFlags } from "../data-view.ts";
import { numeric } from "./numbers.ts";

/** Defines `atelier data DATA`. */
export function defineData(program: Command): void {
  program
    .command("data")
    .description("inspect images: counts, classes, sizes, copies, broken files, and what to do about them")
    .argument("<data...>", "folder of images, .zip, array or Parquet file, or sample:flowers; several are joined")
    .option("--labels <file>", "CSV file of labels (file,label)")
    .option("--preview <file>", "write a PNG: images beside what a network will see of them")
    .option("--size <pixels>", "for --preview: 64, or 64x96 for 64 wide and 96 high", numeric)
    .option("--channels <count>", "for --preview: 1 grey, 3 colour", numeric)
    .option("--fit <way>", "for --preview: cover (crop), contain (pad), stretch")
    .option("--crop <place>", "for --preview: what cover keeps: centre, attention")
    .option("--pad <filling>", "for --preview: what contain adds: edge, reflect, or a colour such as #ffffff")
    .option("--filter <name>", "for --preview: resampling: lanczos3, cubic, linear, nearest")
    .option("--mirror", "for --preview: with mirrored images")
    .option("--contact-sheet <file>", "write a PNG: a row of images for each class")
    .option("--clean <folder>", "write a copy without broken, blank and repeated images; the original stays as it is")
    .option("--near", "for --clean: without images that look the same, too")
    .option("--json", "print one JSON object")
    .action(async (places: readonly string[], flags: DataFlags) => {
      const { showData } = await import("../data-view.ts");
      await showData(places, flags);
    });
}
