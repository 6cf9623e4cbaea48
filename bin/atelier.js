#!/usr/bin/env node
import { build, isCheckout } from "./build.js";

if (isCheckout() && !build()) {
  process.stderr.write("atelier: the sources in src/ do not compile\nhelp: run `npm ci`, then `npm run typecheck`\n");
  process.exitCode = 1;
} else {
  const { main } = await import("../dist/cli/main.js");
  await main(process.argv);
}
