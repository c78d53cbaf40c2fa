import { traceOf } from "../contract/failure.ts";

/*
 * Imported by each program of this folder: one that fails ends with the sentence
 * of the failure, and with the stack of a fault. Exit code 1.
 */

process.on("uncaughtException", (error) => {
  process.stderr.write(`${traceOf(error)}\n`, () => process.exit(1));
});
