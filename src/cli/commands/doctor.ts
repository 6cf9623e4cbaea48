import type { Command } from "commander";

/** Defines `atelier doctor`. */
export function defineDoctor(program: Command): void {
  program
    .command("doctor")
    .description("show devices, versions, and what works on this machine")
    .option("--json", "print one JSON object")
    .action(async (flags: { readonly json?: true }) => {
      const { examine, examinationText } = await import("../examination.ts");
      const examination = await examine();
      process.stdout.write(flags.json === true ? `${JSON.stringify(examination)}\n` : examinationText(examination));
    });
}
