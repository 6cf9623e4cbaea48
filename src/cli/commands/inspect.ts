import type { Command } from "commander";
import { wholeNumber } from "./numbers.ts";

/** Defines `atelier inspect RUN|MODEL.onnx`. */
export function defineInspect(program: Command): void {
  program
    .command("inspect")
    .description("show the layers, size and memory of a run or an ONNX model")
    .argument("<model>", "folder of a run, or an ONNX file")
    .option("--size <pixels>", "stands for sizes that an ONNX file leaves open", wholeNumber(1))
    .option("--json", "print one JSON object")
    .action(async (model: string, flags: { readonly size?: number; readonly json?: true }) => {
      const { inspect } = await import("../inspection.ts");
      const { inspectionText } = await import("../inspection-view.ts");
      const inspection = await inspect(model, flags.size);
      process.stdout.write(flags.json === true ? `${JSON.stringify(inspection)}\n` : inspectionText(inspection));
    });
}
