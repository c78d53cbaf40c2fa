import type { UpOutcome } from "../../../cli/engine/engine.ts";
import type { RotationWorld } from "../../../cli/rotate/carry-out.ts";
import type { Journal } from "../../../cli/rotate/journal.ts";

/** The process dies: nothing of it handles this. */
export class Crash extends Error {}

/**
 * Everything that a rotation works on, in memory, and a process that can die
 * at any of its steps. What is stored survives it.
 */
export function createRotationWorld(text: string) {
  const stored = { text, committed: text, journal: undefined as string | undefined, commits: [] as string[] };
  /** What the machines are made from. */
  let deployed = text;
  let step = 0;
  let crash: { at: number; when: "before" | "after" } | undefined;
  const outcomes: UpOutcome[] = [];
  const happened: string[] = [];
  let interrupted = false;

  const effect = <Result>(name: string, run: () => Result): Promise<Result> => {
    step++;
    const dies = (when: "before" | "after") => crash?.at === step && crash.when === when;
    if (dies("before")) return Promise.reject(new Crash(`before ${name}`));
    const result = run();
    happened.push(name);
    return dies("after") ? Promise.reject(new Crash(`after ${name}`)) : Promise.resolve(result);
  };

  const world: RotationWorld = {
    clock: { now: () => 0 },
    say: () => undefined,
    engine: {
      up: () =>
        effect("up", () => {
          const outcome = outcomes.shift() ?? { kind: "done" };
          if (outcome.kind === "done") deployed = stored.text;
          return outcome;
        }),
    },
    stackFile: {
      read: () => Promise.resolve(stored.text),
      write: (next) =>
        effect("write", () => {
          stored.text = next;
        }),
    },
    repository: {
      hasChanges: () => Promise.resolve(stored.text !== stored.committed),
      commit: (message) =>
        effect("commit", () => {
          stored.committed = stored.text;
          stored.commits.push(message);
        }),
    },
    save: (journal) =>
      effect("save", () => {
        stored.journal = JSON.stringify(journal);
      }),
    isInterrupted: () => interrupted,
  };

  return {
    world,
    stored,
    /** What was done, in order. */
    happened,
    /** What the next `up`s will come to; those after them succeed. */
    upWill: (...next: UpOutcome[]) => outcomes.push(...next),
    /** The process dies at its step of this number, from now on, with the step's effect or without. */
    dieAt: (at: number, when: "before" | "after") => {
      step = 0;
      crash = { at, when };
    },
    live: () => {
      crash = undefined;
    },
    interrupt: () => {
      interrupted = true;
    },
    edit: (change: (text: string) => string) => {
      stored.text = change(stored.text);
    },
    /** What a process that starts now finds. */
    journal: (): Journal | undefined =>
      stored.journal === undefined ? undefined : (JSON.parse(stored.journal) as Journal),
    /** Whether the machines are made from what the stack file says. */
    isBroughtAbout: () => deployed === stored.text,
  };
}
