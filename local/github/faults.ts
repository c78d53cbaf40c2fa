/** GitHub's states of a run. Runs of the local GitHub are `queued`, `in_progress` or `completed`. */
export type RunStatus = "requested" | "waiting" | "pending" | "queued" | "in_progress" | "completed";

/** When a scripted event can occur, in the life of a runner. */
export type Moment =
  | "session-created"
  | "poll"
  | "message-sent"
  | "acquired"
  | "renewed"
  | "completed"
  | "session-deleted"
  | "labels-changed"
  | "runner-removed";

/** How the local GitHub can be made to misbehave. `times` is how often; absent: until the fault is disarmed. */
export type Fault =
  /**
   * Requests to the REST API are answered with an error. 403 is a secondary rate
   * limit; 404 is for an object that GitHub does not know yet. A runner's
   * registration is affected only when `path` matches it.
   */
  | {
      kind: "answer";
      status: 401 | 403 | 404 | 429 | 500 | 502;
      times?: number;
      method?: string;
      /** Matched against the path after `/api/v3`. */
      path?: RegExp;
      /** Default for 403 and 429: 60. */
      retryAfterSeconds?: number;
    }
  /** What the API reports as `busy`, given the truth: late, stale or plainly wrong. */
  | { kind: "busy"; times?: number; report: (truth: boolean, runner: string) => boolean }
  /** What the API lists as a runner's custom labels, given the truth: late, or still the previous ones. */
  | { kind: "listed-labels"; times?: number; report: (truth: readonly string[], runner: string) => string[] }
  /**
   * For this many real seconds, a runner that replaces another also gets jobs for
   * the other's custom labels, although they are no longer listed:
   * actions/runner#4225.
   */
  | { kind: "kept-labels"; times?: number; seconds: number }
  /** New registration tokens are valid for this many seconds of the cloud's time. */
  | { kind: "token-lifetime"; times?: number; seconds: number }
  /**
   * This many first requests with an installation's new token are refused (401),
   * because not all of GitHub knows the token at once.
   */
  | { kind: "fresh-token"; times?: number; refusals: number }
  /** Dispatches are accepted, but no run appears, or its jobs are never assigned. */
  | { kind: "dispatch"; times?: number; effect: "no-run" | "never-starts" }
  /**
   * A dispatch that asks for its run is answered as by a server that does not
   * know the parameter: with 204 the server ignores it, with 400 or 422 it
   * refuses the request.
   */
  | { kind: "no-run-details"; times?: number; status: 204 | 400 | 422 }
  /**
   * What the API reports as a run's status, given the truth: GitHub has states
   * that the local GitHub does not use.
   */
  | { kind: "run-status"; times?: number; report: (truth: RunStatus, title: string) => RunStatus }
  /** Sessions outlive their deletion: they count as alive for this many real seconds after the last poll. */
  | { kind: "lingering-sessions"; times?: number; seconds: number }
  /**
   * A webhook's event about a job (of this action, or any) is lost, sent twice,
   * delayed until a promise resolves, or has a null among the labels, as GitHub's
   * description of `completed` allows.
   */
  | ({ kind: "delivery"; times?: number; action?: "queued" | "in_progress" | "completed" } & (
      { effect: "lose" | "duplicate" | "null-label" } | { effect: "late"; until: Promise<unknown> }
    ))
  /**
   * Polls are refused as if the runner's version were too old, whichever it is: a
   * brown-out, or a mistake by GitHub.
   */
  | { kind: "version-refused"; times?: number }
  /**
   * Nothing that a machine's runner or worker sends arrives any more. `machine`
   * is the end of the runner's name.
   */
  | { kind: "cut-off"; times?: number; machine: string }
  /** An action that runs just when the API is asked for a commit, for example another push. */
  | { kind: "commit"; times?: number; action: () => void }
  /**
   * An action that runs just when a runner (this one, or any) reaches a moment,
   * for example the arrival of a job.
   */
  | { kind: "moment"; times?: number; at: Moment; runner?: string; action: () => void };

type FaultOf<Kind extends Fault["kind"]> = Extract<Fault, { kind: Kind }>;

export interface Faults {
  /**
   * Arms a fault.
   *
   * @returns a function that disarms it
   */
  add(fault: Fault): () => void;
  /** The first armed fault of this kind that fits. This counts as one of its `times`. */
  take<Kind extends Fault["kind"]>(
    kind: Kind,
    fits?: (fault: FaultOf<Kind>) => boolean,
  ): FaultOf<Kind> | undefined;
  /** Runs the action that was armed for this moment. */
  reached(at: Moment, runner: string): void;
}

export function createFaults(): Faults {
  const armed = new Map<Fault, number>();
  const take: Faults["take"] = (kind, fits = () => true) => {
    type Wanted = FaultOf<typeof kind>;
    const isWanted = (fault: Fault): fault is Wanted => fault.kind === kind;
    const found = [...armed.keys()].filter(isWanted).find(fits);
    if (!found) return undefined;
    const left = armed.get(found)! - 1;
    if (left > 0) armed.set(found, left);
    else armed.delete(found);
    return found;
  };
  return {
    add: (fault) => {
      armed.set(fault, fault.times ?? Infinity);
      return () => armed.delete(fault);
    },
    take,
    reached: (at, runner) => {
      take("moment", (fault) => fault.at === at && (fault.runner ?? runner) === runner)?.action();
    },
  };
}
