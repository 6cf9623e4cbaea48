import type { Command } from "commander";
import type { CompareFlags } from "../comparing.ts";

/** Defines `atelier compare RUN RUN…`. */
export function defineCompare(program: Command): void {
  program
    .command("compare")
    .description("show what differs between runs, and how they scored")
    .argument("<runs...>", "folders of runs, at least two")
    .option("--out <file>", "draw their last samples side by side: FILE.png")
    .option("--json", "print one JSON object")
    .action(async (runs: readonly string[], flags: CompareFlags) => {
      const { showComparison } = await import("../comparing.ts");
      await showComparison(runs, flags);
    });
}
