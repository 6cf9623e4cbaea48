import { resolve } from "node:path";

/** Where real data lies, which is never part of the project. Tests that need it are reported as skipped where it is not. */
export const realData: string =
  process.env["ATELIER_TEST_DATA"] ?? resolve(import.meta.dirname, "../../../../shared/data");
