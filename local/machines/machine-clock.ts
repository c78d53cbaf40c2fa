import { readFileSync } from "node:fs";
import { Fault } from "../../contract/failure.ts";

/*
 * Loaded into every Node process of a machine before its program (`node
 * --require`): the wall clock that the process sees is the cloud's, as for
 * `date` and `sleep`. The monotonic clock and timers stay the computer's, so
 * that time limits on real network calls keep their meaning.
 */

/** Milliseconds between two readings of the clock's file. */
const refreshMs = 50;

const file = process.env.LONGHAUL_CLOCK;
if (file === undefined) throw new Fault("LONGHAUL_CLOCK is not set: machines find the cloud's time there.");

const ComputerDate = Date;
const computerNow = Date.now.bind(Date);
let base = { readAt: -Infinity, real: 0, cloud: 0, factor: 1 };

/** The cloud's time, computed from the three numbers of the clock's file (see local/clock.ts). */
function cloudNow(): number {
  const at = performance.now();
  if (at - base.readAt > refreshMs) {
    const [real, cloud, factor] = readFileSync(file!, "utf8").split(" ").map(Number);
    base = { readAt: at, real: real!, cloud: cloud!, factor: factor! };
  }
  return Math.floor(base.cloud + (computerNow() - base.real) * base.factor);
}

globalThis.Date = new Proxy(ComputerDate, {
  construct: (target, parameters, newTarget) =>
    Reflect.construct(target, parameters.length === 0 ? [cloudNow()] : parameters, newTarget) as Date,
  apply: () => new ComputerDate(cloudNow()).toString(),
  get: (target, key, receiver) =>
    key === "now" ? cloudNow : (Reflect.get(target, key, receiver) as unknown),
});
