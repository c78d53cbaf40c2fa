import { readFileSync, renameSync, writeFileSync } from "node:fs";

/**
 * The local cloud's clock. It can run faster than the computer's clock, and its
 * pace can change while a program sleeps. Machines follow it through `file`:
 * their stand-ins for `sleep` and `date` read that file, so an hour in a
 * workflow is an hour of this clock.
 */
export interface Clock {
  /** Milliseconds since the epoch, in the cloud's time. */
  now(): number;
  /** How many seconds of the cloud pass in one second of the computer. */
  readonly factor: number;
  setFactor(factor: number): void;
  /** Moves the clock forward at once. */
  advance(milliseconds: number): void;
  /** `<real ms> <cloud ms> <factor>`: cloud time is `cloud + (real now − real) × factor`. */
  readonly file: string;
}

/** @param file where machines read the clock */
export function createClock(file: string, factor = 1): Clock {
  let base = { real: Date.now(), cloud: Date.now(), factor };
  const now = () => base.cloud + (Date.now() - base.real) * base.factor;
  const rebase = (cloud: number, next: number) => {
    base = { real: Date.now(), cloud, factor: next };
    // Rename the file into place, so that a reader never sees half a line.
    writeFileSync(`${file}.new`, `${base.real} ${Math.round(base.cloud)} ${base.factor}\n`);
    renameSync(`${file}.new`, file);
  };
  rebase(base.cloud, factor);
  return {
    now,
    get factor() {
      return base.factor;
    },
    setFactor: (next) => {
      rebase(now(), next);
    },
    advance: (milliseconds) => {
      rebase(now() + milliseconds, base.factor);
    },
    file,
  };
}

/** The cloud's time as a reader of the clock's file sees it. */
export function readClock(file: string): { now: number; factor: number } {
  const [real, cloud, factor] = readFileSync(file, "utf8").split(" ").map(Number) as [number, number, number];
  return { now: cloud + (Date.now() - real) * factor, factor };
}
