import type { UpOutcome } from "../../../cli/engine/engine.ts";
import type { RotationWorld } from "../../../cli/rotate/carry-out.ts";
import type { Journal } from "../../../cli/rotate/journal.ts";

/** The process dies. No code of it may handle this. */
export class Crash extends Error {}

/**
 * Everything that a rotation works on, in memory. The process can die at any of
 * its steps, and what is stored survives it.
 */
export function createRotationWorld(text: string) {
  const stored = { text, committed: text, journal: undefined as string | undefined, commits: [] as string[] };
  /** The stack file's text that was last applied. */
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
    /** The steps that were done, in order. */
    happened,
    /** Sets the results of the next `up`s. Later ones succeed. */
    upWill: (...next: UpOutcome[]) => outcomes.push(...next),
    /** Lets the process die at a step, counted from now on, before or after the step has its effect. */
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
    /** The journal that a process finds when it starts now. */
    journal: (): Journal | undefined =>
      stored.journal === undefined ? undefined : (JSON.parse(stored.journal) as Journal),
    /** True if the present stack file has been applied. */
    isBroughtAbout: () => deployed === stored.text,
  };
}
