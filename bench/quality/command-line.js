// The command line of a quality script. What it may be is said once, in the comment at the head of the script.
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

/**
 * Reads the words after the script's name. `--help` prints the comment at its head and ends; where something is missing or
 * unknown, one line says what, and another how to call it.
 * @param script `import.meta.url` of the script.
 * @param options as of `parseArgs`; one with `required: true` must be given.
 * @param needs what the first words stand for; all must be there. Default: DATA.
 */
export function commandLine(script, options, needs = ["DATA"]) {
  const path = fileURLToPath(script);
  const about = headComment(path);
  const help = { type: "boolean", default: false };
  let parsed;
  try {
    parsed = parseArgs({ allowPositionals: true, options: { ...options, help } });
  } catch (cause) {
    return refuse(cause.message);
  }
  const { values, positionals } = parsed;
  if (values.help) {
    process.stdout.write(`${about.join("\n")}\n`);
    process.exit(0);
  }
  const lacking = needs[positionals.length];
  if (lacking !== undefined) return refuse(`expected ${lacking}, received nothing`);
  const absent = Object.keys(options).find((name) => options[name].required && values[name] === undefined);
  if (absent !== undefined) return refuse(`expected --${absent}, received none`);
  return { values, positionals };

  function refuse(what) {
    const calls = about.map((line) => /(npm run build && )?node bench\/quality\/.*/.exec(line)?.[0]).filter(Boolean);
    process.stderr.write(`${basename(path)}: ${what}\nusage: ${calls[0]}\nhelp: --help says more\n`);
    process.exit(2);
  }
}

/** The numbers of a list such as `100,50`. */
export function numbersIn(text) {
  return text.split(",").map((part) => {
    const number = Number(part);
    if (part.trim() === "" || !Number.isFinite(number))
      throw new Error(`expected numbers with commas, received ${text}`);
    return number;
  });
}

/** The lines of the comment at the head of a file, without the slashes. */
function headComment(path) {
  const lines = readFileSync(path, "utf8").split("\n");
  const end = lines.findIndex((line) => !line.startsWith("//"));
  return lines.slice(0, end).map((line) => line.replace(/^\/\/ ?/, ""));
}
