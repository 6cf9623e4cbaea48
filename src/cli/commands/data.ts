import type { Command } from "commander";

/** Defines `atelier data DATA`. */
export function defineData(program: Command): void {
  program
    .command("data")
    .description("inspect images: counts, classes, sizes, broken files")
    .argument("<data>", "folder of images, array file, or sample:flowers")
    .option("--json", "print one JSON object")
    .action(async (data: string, flags: { readonly json?: true }) => {
      const { inspectData, reportText } = await import("../data-view.ts");
      const report = await inspectData(data);
      process.stdout.write(flags.json === true ? `${JSON.stringify(report)}\n` : reportText(report));
    });
}
