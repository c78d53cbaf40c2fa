/** GitHub's states of a run. This one's own runs are `queued`, `in_progress` and `completed`. */
export type RunStatus = "requested" | "waiting" | "pending" | "queued" | "in_progress" | "completed";

/** When a scripted event can strike, in the life of a runner. */
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

/** How GitHub can be told to misbehave. `times` is how often; absent: until it is undone. */
export type Fault =
  /**
   * Requests to the REST API are answered with an error. 403 is a secondary rate limit, 404 a thing that is not known yet. A
   * runner's registration is struck by its path alone.
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
  /** What the API says of `busy`, given the truth: late, stale or plainly wrong. */
  | { kind: "busy"; times?: number; report: (truth: boolean, runner: string) => boolean }
  /** What the API lists as a runner's custom labels, given the truth: late, or still those of before. */
  | { kind: "listed-labels"; times?: number; report: (truth: readonly string[], runner: string) => string[] }
  /**
   * A runner that replaces another is given jobs by the other's custom labels too for
   * so many real seconds, although they are no longer listed: actions/runner#4225.
   */
  | { kind: "kept-labels"; times?: number; seconds: number }
  /** New registration tokens live so many seconds of the cloud's time. */
  | { kind: "token-lifetime"; times?: number; seconds: number }
  /** New tokens of installations are refused (401) so many times at first: not all of GitHub knows them at once. */
  | { kind: "fresh-token"; times?: number; refusals: number }
  /** Dispatches are accepted, but no run appears, or its jobs are never handed out. */
  | { kind: "dispatch"; times?: number; effect: "no-run" | "never-starts" }
  /**
   * A dispatch that asks for its run is answered as by a server that does not know
   * the parameter: 204 ignores it, 400 and 422 refuse the request over it.
   */
  | { kind: "no-run-details"; times?: number; status: 204 | 400 | 422 }
  /** What the API says of a run's status, given the truth: GitHub has states that this one has no use for. */
  | { kind: "run-status"; times?: number; report: (truth: RunStatus, title: string) => RunStatus }
  /** Sessions outlive their deletion: they count as alive for so many real seconds after the last poll. */
  | { kind: "lingering-sessions"; times?: number; seconds: number }
  /**
   * What webhooks are told of a job (of this action, or any) is lost, told twice,
   * held back until something has come to pass, or has a null among the labels,
   * as GitHub's description of `completed` allows.
   */
  | ({ kind: "delivery"; times?: number; action?: "queued" | "in_progress" | "completed" } & (
      { effect: "lose" | "duplicate" | "null-label" } | { effect: "late"; until: Promise<unknown> }
    ))
  /** Polls are refused as those of a version that is too old, whichever it is: a brown-out, or a mistake of GitHub's. */
  | { kind: "version-refused"; times?: number }
  /** Nothing that a machine's runner or worker sends arrives any more. `machine` is the end of the runner's name. */
  | { kind: "cut-off"; times?: number; machine: string }
  /** Something happens just when the API is asked for a commit, for example: somebody pushes. */
  | { kind: "commit"; times?: number; action: () => void }
  /** Something happens just when a runner (this one, or any) reaches a point, for example: a job arrives. */
  | { kind: "moment"; times?: number; at: Moment; runner?: string; action: () => void };

type FaultOf<Kind extends Fault["kind"]> = Extract<Fault, { kind: Kind }>;

export interface Faults {
  /** Arms a fault. @returns what takes it back */
  add(fault: Fault): () => void;
  /** The first armed fault of a kind that fits; counts as one of its `times`. */
  take<Kind extends Fault["kind"]>(
    kind: Kind,
    fits?: (fault: FaultOf<Kind>) => boolean,
  ): FaultOf<Kind> | undefined;
  /** Runs what was armed for this moment. */
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
