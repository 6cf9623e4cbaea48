export { AtelierError } from "./foundation/errors.ts";
