import { existsSync } from "node:fs";
import type { Command } from "commander";
import type { InterpolationKind } from "../../export/index.ts";
import { AtelierError } from "../../foundation/errors.ts";
import { shellWord } from "../../foundation/shell.ts";
import type { GenerateFlags } from "../generating.ts";
import { atLeast, wholeNumber } from "./numbers.ts";
import { collect } from "./repeated.ts";

/** Defines `atelier generate RUN|MODEL.onnx`. */
export function defineGenerate(program: Command): void {
  program
    .command("generate")
    .description("make pictures with a trained generator, walk between them, or add and subtract them")
    .argument("<model>", "folder of a run, or a generator.onnx")
    .option("-n <count>", "how many pictures (default: 16), or how many to walk between (default: 5)", wholeNumber(1))
    .option("--seed <number>", "decides which pictures", wholeNumber(0), 0)
    .option("--class <names>", "of which class: a name, names with commas in turn, or all; may be repeated", collect)
    .option("--by-class", "one grid: a column for each class, a row for each of -n vectors (default: 8)")
    .option("--truncation <deviations>", "draw again beyond this: lower is more typical, less varied", atLeast(0.05))
    .option(
      "--columns <count>",
      "pictures in a row of the grid (default: about square), or walks side by side in a GIF",
      wholeNumber(1),
    )
    .option("--interpolate [kind]", "walk from picture to picture: spherical or linear (default: spherical)", kindOf)
    .option("--frames <count>", "pictures between two (default: 8 in a grid, 24 in a GIF)", wholeNumber(1))
    .option("--mix <sum>", 'add and subtract pictures by their numbers: "12 - 7 + 3", lists with commas are averaged')
    .option("--best", "take the generator of the step that scored best, instead of the last one's")
    .option(
      "--out <path>",
      "folder of PNG files, FILE.png for one grid, FILE.npz, or FILE.gif of a walk (default: a new one in the run)",
    )
    .action(async (model: string, { interpolate, ...flags }: Flags) => {
      const { generate } = await import("../generating.ts");
      const kind = interpolate === true ? "spherical" : interpolate;
      await generate(model, { ...flags, ...(kind !== undefined && { interpolate: kind }) });
    });
}

type Flags = Omit<GenerateFlags, "interpolate"> & { readonly interpolate?: InterpolationKind | true };

function kindOf(text: string): InterpolationKind {
  if (text === "spherical" || text === "linear") return text;
  // The option takes the word after it, also where that was meant to be the model.
  const help = existsSync(text)
    ? `name the model first: atelier generate ${shellWord(text)} --interpolate`
    : "after the model: atelier generate RUN --interpolate spherical";
  throw new AtelierError({
    kind: "usage",
    where: "--interpolate",
    expected: "spherical or linear",
    received: text,
    help,
  });
}
