import { traceOf } from "../contract/failure.ts";

/*
 * Each program of this folder imports this file. A program that fails then prints
 * the sentence of a failure, or the stack of a fault, and exits with code 1.
 */

process.on("uncaughtException", (error) => {
  process.stderr.write(`${traceOf(error)}\n`, () => process.exit(1));
});
