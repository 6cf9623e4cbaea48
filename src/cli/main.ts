import { Command, CommanderError } from "commander";
import { AtelierError, systemCodeOf } from "../foundation/errors.ts";
import { version } from "../foundation/version.ts";
import { defineCache } from "./commands/cache.ts";
import { defineClassify } from "./commands/classify.ts";
import { defineCompare } from "./commands/compare.ts";
import { defineData } from "./commands/data.ts";
import { defineDirections } from "./commands/directions.ts";
import { defineDoctor } from "./commands/doctor.ts";
import { defineEvaluate } from "./commands/evaluate.ts";
import { defineGenerate } from "./commands/generate.ts";
import { defineInspect } from "./commands/inspect.ts";
import { defineLabelNext } from "./commands/label-next.ts";
import { defineProject } from "./commands/project.ts";
import { defineReconstruct } from "./commands/reconstruct.ts";
import { defineTrain } from "./commands/train.ts";

/** Runs the command line; sets the exit status: 0 done, 1 the work failed, 2 the command line or config is wrong. */
export async function main(words: readonly string[]): Promise<void> {
  const program = new Command("atelier")
    .description("Train image generators from small image folders, on this machine.")
    .version(version(), "-V, --version", "print the version")
    .showSuggestionAfterError()
    // Commands inherit both from the one that they are defined on.
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .addHelpText(
      "after",
      "\nTry it: atelier train sample:flowers\nEvery command explains itself: atelier train --help",
    );
  for (const define of [
    defineTrain,
    defineGenerate,
    defineReconstruct,
    defineClassify,
    defineLabelNext,
    defineDirections,
    defineProject,
    defineEvaluate,
    defineCompare,
    defineInspect,
    defineData,
    defineCache,
    defineDoctor,
  ])
    define(program);
  for (const command of [program, ...program.commands]) command.option("--debug", "show stack traces of errors");
  process.stdout.on("error", (error) => {
    // A reader that goes away (`atelier train … | head`) does not end the work; a full disk is a failure.
    if (systemCodeOf(error) === "EPIPE") return;
    process.stderr.write(`atelier: standard output: ${error.message}\nhelp: see where the output is sent\n`);
    process.exitCode = 1;
  });
  try {
    if (words.length <= 2) program.outputHelp();
    else await program.parseAsync(words);
  } catch (thrown) {
    process.exitCode = report(thrown, words);
  }
}

/** Prints an error and returns the exit status for it. */
function report(thrown: unknown, words: readonly string[]): number {
  if (thrown instanceof CommanderError) {
    if (thrown.exitCode === 0) return 0;
    process.stderr.write(`${commandLineError(thrown)}\n`);
    return 2;
  }
  if (words.includes("--debug") || !(thrown instanceof Error)) {
    process.stderr.write(`${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}\n`);
  } else if (thrown instanceof AtelierError) {
    process.stderr.write(`atelier: ${thrown.message}\n`);
  } else {
    process.stderr.write(
      `atelier: ${thrown.message}\nhelp: this is a fault of Atelier; run again with --debug and report what it prints\n`,
    );
  }
  return thrown instanceof AtelierError ? thrown.exitStatus : 1;
}

/** commander's message in the form of our own errors. */
function commandLineError({ message }: CommanderError): string {
  const [first = "", ...others] = message.replace(/^error: /, "").split("\n");
  const suggestion = /\(Did you mean (.*?)\?\)/.exec(others.join(" "))?.[1];
  const help =
    suggestion === undefined ? "see `atelier --help`, or `--help` after a command" : `did you mean ${suggestion}?`;
  return `atelier: ${first}\nhelp: ${help}`;
}
