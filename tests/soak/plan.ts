import { draw } from "./draw.ts";
import { leavingMs } from "./pace.ts";

/** What happens to one machine in a round. `recall`: it is dropped from the lists and put back soon. */
export type OwnAct = "sleep" | "recall" | "retire";
/** What the engine does to the machines of all places. */
export type EngineAct = "replace" | "destroy";
export type Act = OwnAct | EngineAct;

/** An instant in a machine's leaving and return at which a job can be aimed. */
export type Instant =
  /** The desired state has changed in the parameters, or the engine's command begins. */
  | "change"
  /**
   * Its agent reports that it leaves, which it does just before it freezes its
   * listener, or the listener is seen frozen.
   */
  | "leaving"
  /** Its listener has ended. */
  | "ended"
  /** EC2 calls it stopped or terminated. */
  | "off"
  /** It was started again. */
  | "started"
  /** Its listener has a session again. */
  | "session"
  /** An earlier job on it, sent at the change, has ended. */
  | "completed";

/** A job's moment: milliseconds after an instant. */
export interface Aim {
  instant: Instant;
  afterMs: number;
}

export interface Round<Kind extends Act = Act> {
  /** From 1. */
  number: number;
  /** From 0. */
  place: number;
  act: Kind;
  aim: Aim;
  /** How long the job sleeps. */
  jobSeconds: number;
  /** Milliseconds after its drop at which a recalled machine is back on its lists. */
  recallAfterMs: number;
}

/** What each place does on its own, one round after another, and what the engine then does to all of them. */
export interface Lap {
  own: Round<OwnAct>[][];
  end: { act: EngineAct; rounds: Round<EngineAct>[] };
}

/**
 * Where a job may be aimed: an instant, and the range of milliseconds after it.
 * A window that is listed twice is used twice as often.
 */
type Window = [instant: Instant, fromMs: number, toMs: number];

/** The time just before the agent decides to leave can only be aimed at by elapsed time. */
const before: Window = ["change", leavingMs.from, leavingMs.to];
/** A freeze lasts about 20 ms, so this window reaches from its beginning beyond the listener's end. */
const freeze: Window = ["leaving", 0, 30];
const leavings: Window[] = [before, before, before, freeze, freeze, ["ended", 0, 300]];
const engineWindows: Window[] = [["change", 0, 10_000], freeze, freeze, ["ended", 0, 300], ["off", 0, 500]];
const windows: Record<Act, Window[]> = {
  sleep: [
    ...leavings,
    ["off", 0, 500],
    ["started", 0, 3000],
    ["session", 0, 20],
    ["completed", 0, leavingMs.to],
  ],
  recall: leavings,
  retire: [...leavings, ["off", 0, 500]],
  replace: engineWindows,
  destroy: engineWindows,
};

/** Acts after which a machine may not come back. */
const lastActs: readonly OwnAct[] = ["retire", "recall", "sleep"];

const placesOfLongSoak = 4;
const ownRoundsOfLongSoak = 4;

/**
 * Plans the rounds in laps. A long soak has four places. Their machines each
 * sleep and wake three times, and then are dropped, recalled or sleep once
 * more, before the engine replaces or destroys them all. A short soak has one
 * place, and two rounds between two commands of the engine.
 *
 * @param rounds how many in all; the last lap has those that remain
 */
export function planLaps(rounds: number, seed: string): Lap[] {
  const isLong = rounds >= 20;
  const places = isLong ? placesOfLongSoak : 1;
  const ownRounds = isLong ? ownRoundsOfLongSoak : 2;
  let planned = 0;
  const round = <Kind extends Act>(place: number, act: Kind): Round<Kind> => {
    const number = ++planned;
    const drawn = (what: string) => draw(seed, `${number} ${what}`);
    const [instant, from, to] = chosen(windows[act], drawn("instant"));
    return {
      number,
      place,
      act,
      aim: { instant, afterMs: Math.round(from + drawn("after") * (to - from)) },
      jobSeconds: Math.round(200 + drawn("seconds") * 1500) / 1000,
      recallAfterMs: Math.round(drawn("recall") * (leavingMs.to + 500)),
    };
  };
  const ownRoundsOfLap = (): Round<OwnAct>[][] => {
    const count = Math.min(places * ownRounds, Math.max(0, rounds - planned - places));
    const own: Round<OwnAct>[][] = Array.from({ length: places }, () => []);
    for (let index = 0; index < count; index++) {
      const isLast = index + places >= count;
      const act = isLast ? chosen(lastActs, draw(seed, `${planned + 1} act`)) : "sleep";
      own[index % places]!.push(round(index % places, act));
    }
    return own;
  };

  const laps: Lap[] = [];
  while (planned < rounds) {
    const own = ownRoundsOfLap();
    const act = laps.length % 3 === 1 ? "destroy" : "replace";
    const count = Math.min(places, rounds - planned);
    laps.push({ own, end: { act, rounds: Array.from({ length: count }, (_, place) => round(place, act)) } });
  }
  return laps;
}

function chosen<T>(choices: readonly T[], at: number): T {
  return choices[Math.floor(at * choices.length)]!;
}
