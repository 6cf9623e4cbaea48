#!/usr/bin/env node
import { build, isCheckout } from "./build.js";

if (isCheckout() && !build()) {
  process.exitCode = 1;
} else {
  const { main } = await import("../dist/cli/main.js");
  await main(process.argv);
}
