// Compiles src/ to dist/ when dist/ is missing or older than the sources. Run directly, it always checks;
// bin/atelier.js calls it first in a checkout, so that `npx atelier` works straight after `npm ci`.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, "dist");
const stampFile = join(dist, ".sources");

/** A hash of the path, size and modification time of every source file: equal means that dist/ is current. */
function sourceStamp() {
  const hash = createHash("sha1");
  const files = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" }).sort();
  for (const file of [
    ...files.map((name) => join("src", name)),
    "package.json",
    "tsconfig.json",
    "tsconfig.build.json",
  ]) {
    if (file.endsWith(".test.ts") || file.includes("/testing/")) continue;
    const status = statSync(join(root, file));
    if (status.isFile()) hash.update(`${file} ${status.size} ${status.mtimeMs}\n`);
  }
  return hash.digest("hex");
}

/** True in a checkout; false in an installed package, which ships dist/ and no src/. */
export function isCheckout() {
  return existsSync(join(root, "src", "index.ts"));
}

/** Brings dist/ up to date; tells on standard error what it does. Returns false when that was not possible. */
export function build() {
  const stamp = sourceStamp();
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp) return true;
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  if (!existsSync(compiler)) {
    process.stderr.write("atelier: expected the packages in node_modules, received none\nhelp: run `npm ci` first\n");
    return false;
  }
  process.stderr.write("atelier: building once from source …\n");
  // Compiled aside and renamed into place, so that a process that starts meanwhile never sees half a build.
  const fresh = join(root, `dist-${process.pid}`);
  const replaced = join(root, `dist-${process.pid}-old`);
  try {
    const { status } = spawnSync(process.execPath, [compiler, "-p", "tsconfig.build.json", "--outDir", fresh], {
      cwd: root,
      stdio: ["ignore", 2, 2],
    });
    if (status !== 0) {
      process.stderr.write(
        "atelier: the sources in src/ do not compile\nhelp: run `npm ci`, then `npm run typecheck`\n",
      );
      return false;
    }
    writeFileSync(join(fresh, ".sources"), stamp);
    try {
      if (existsSync(dist)) renameSync(dist, replaced);
      renameSync(fresh, dist);
    } catch (cause) {
      // Another process that started at the same time was quicker; its build is of the same sources.
      if (!existsSync(stampFile) || readFileSync(stampFile, "utf8") !== stamp) throw cause;
    }
    return true;
  } finally {
    for (const leftover of [fresh, replaced]) rmSync(leftover, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = build() ? 0 : 1;
