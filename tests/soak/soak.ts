import { randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import { soakRounds } from "./rounds.ts";

/*
 * `npm run soak -- --rounds N [--seed S] [--json]`: jobs at chosen moments
 * around everything that makes machines leave. Ends with 1 when a job was lost.
 */

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "200" },
    seed: { type: "string", default: randomBytes(4).toString("hex") },
    json: { type: "boolean", default: false },
  },
});
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) {
  console.error(`--rounds takes a whole number above zero; it is "${values.rounds}".`);
  process.exit(2);
}
const started = performance.now();
const say = (line: string) => {
  console.error(`${((performance.now() - started) / 1000).toFixed(1).padStart(7)} s  ${line}`);
};
say(`seed ${values.seed}`);
const report = await soakRounds({ rounds, seed: values.seed, say });
console.log(
  values.json
    ? JSON.stringify(report)
    : `${report.rounds} rounds, ${report.jobs} jobs: ${report.requeued} re-queued, ${report.lost} lost (seed ${report.seed})`,
);
process.exitCode = report.lost > 0 ? 1 : 0;
