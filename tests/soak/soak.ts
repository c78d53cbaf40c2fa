import { randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import { soakModel } from "./model.ts";
import { soakRounds } from "./rounds.ts";

/*
 * `npm run soak -- --rounds N [--seed S] [--json]`: jobs at chosen moments
 * around everything that makes real machines of the local cloud leave.
 *
 * `npm run soak -- --model N [--seed S] [--json]`: schedules of the model of a
 * machine's life.
 *
 * Ends with 1 when a job was lost or another promise was broken.
 */

const { values } = parseArgs({
  options: {
    rounds: { type: "string" },
    model: { type: "string" },
    seed: { type: "string", default: randomBytes(4).toString("hex") },
    json: { type: "boolean", default: false },
  },
});
const started = performance.now();
const say = (line: string) => {
  console.error(`${((performance.now() - started) / 1000).toFixed(1).padStart(7)} s  ${line}`);
};
const { seed } = values;

/** @returns the requested number; exits with 2 if it is not a positive whole number */
function countOf(option: "rounds" | "model", text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count > 0) return count;
  console.error(`--${option} takes a whole number above zero; it is "${text}".`);
  process.exit(2);
}

async function soak(): Promise<{ report: object; summary: string; broken: boolean }> {
  if (values.model !== undefined) {
    const report = await soakModel({ schedules: countOf("model", values.model), seed, say });
    const { schedules, jobs, requeued, lost } = report;
    const summary = `${schedules} schedules, ${jobs} jobs: ${requeued} re-queued, ${lost} lost (seed ${seed})`;
    return { report, summary, broken: lost > 0 || Object.keys(report.broken).length > 0 };
  }
  const report = await soakRounds({ rounds: countOf("rounds", values.rounds ?? "200"), seed, say });
  const { rounds, jobs, requeued, lost } = report;
  const summary = `${rounds} rounds, ${jobs} jobs: ${requeued} re-queued, ${lost} lost (seed ${seed})`;
  return { report, summary, broken: lost > 0 };
}

if (values.model !== undefined && values.rounds !== undefined) {
  console.error("Either --rounds or --model: one soak at a time.");
  process.exit(2);
}
say(`seed ${seed}`);
const { report, summary, broken } = await soak();
console.log(values.json ? JSON.stringify(report) : summary);
process.exitCode = broken ? 1 : 0;
