import type { Command } from "commander";

/** Defines `atelier cache` and `atelier cache clear`. */
export function defineCache(program: Command): void {
  const cache = program
    .command("cache")
    .description("list the decoded images and features that are kept on disk, or remove them")
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      [
        "\nWhat was decoded once is not decoded again. When the limit is reached, what was used longest ago is removed.",
        "ATELIER_CACHE sets the folder, ATELIER_CACHE_LIMIT the limit of images: 20GB, 500 MB. Features may take a tenth of it.",
      ].join("\n"),
    )
    .action(async (flags: { readonly json?: true }) => {
      const { listCache } = await import("../../data/index.ts");
      const { cacheText } = await import("../cache-view.ts");
      const listing = await listCache();
      process.stdout.write(flags.json === true ? `${JSON.stringify(listing)}\n` : cacheText(listing));
    });
  cache
    .command("clear")
    .description("remove all of it, or some: nothing is lost but the time to make it again")
    .argument("[name...]", "what to remove: names as `atelier cache` lists them, or those of the data")
    .action(async (names: readonly string[], _: unknown, clear: Command) => {
      const { clearCache } = await import("../../data/index.ts");
      const { clearedText } = await import("../cache-view.ts");
      const cleared = await clearCache(undefined, names);
      const { json } = clear.optsWithGlobals<{ readonly json?: true }>();
      process.stdout.write(json === true ? `${JSON.stringify(cleared)}\n` : clearedText(cleared));
    });
}
