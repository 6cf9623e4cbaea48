import { execFileSync } from "node:child_process";

/** Brings dist/ up to date before the tests that run the built package as a user does. */
export function setup(): void {
  execFileSync(process.execPath, ["bin/build.js"], { stdio: "inherit" });
}
