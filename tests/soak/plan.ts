import { draw } from "./draw.ts";
import { leavingMs } from "./pace.ts";

/** What happens to one machine alone in a round. `recall`: dropped from the lists and put back soon. */
export type OwnAct = "sleep" | "recall" | "retire";
/** What the engine does to the machines of all places. */
export type EngineAct = "replace" | "destroy";
export type Act = OwnAct | EngineAct;

/** An instant in a machine's leaving and return that a job can be aimed at. */
export type Instant =
  /** The wish has been written, or the engine's command begins. */
  | "wish"
  /** Its agent says that it leaves, which it does just before it freezes its listener, or the listener is seen frozen. */
  | "leaving"
  /** Its listener is gone. */
  | "ended"
  /** EC2 calls it stopped or terminated. */
  | "off"
  /** It was started again. */
  | "started"
  /** Its listener has a session again. */
  | "session"
  /** An earlier job on it, put there at the wish, has ended. */
  | "completed";

/** A job's moment: so many milliseconds after an instant. */
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
  /** When a machine that is recalled is back on its lists, after it was dropped. */
  recallAfterMs: number;
}

/** What each place does on its own, one round after another, and what the engine then does to all of them. */
export interface Lap {
  own: Round<OwnAct>[][];
  end: { act: EngineAct; rounds: Round<EngineAct>[] };
}

/** Where a job may be aimed: an instant, and the milliseconds after it that are swept. Listed twice: twice as often. */
type Window = [instant: Instant, fromMs: number, toMs: number];

/** What comes just before the agent decides to leave can be aimed at by the time that passes alone. */
const before: Window = ["wish", leavingMs.from, leavingMs.to];
/** A freeze lasts about 20 ms, so this reaches from its begin beyond the listener's end. */
const freeze: Window = ["leaving", 0, 30];
const leavings: Window[] = [before, before, before, freeze, freeze, ["ended", 0, 300]];
const engineWindows: Window[] = [["wish", 0, 10_000], freeze, freeze, ["ended", 0, 300], ["off", 0, 500]];
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

/** What a machine may not come back from. */
const lastActs: readonly OwnAct[] = ["retire", "recall", "sleep"];

const placesOfLongSoak = 4;
const ownRoundsOfLongSoak = 4;

/**
 * Rounds in laps: a long soak has four places, whose machines each sleep and
 * wake three times and then are dropped, recalled or sleep once more, before
 * the engine replaces or destroys them all; a short one has one place, and two
 * rounds between two commands of the engine.
 *
 * @param rounds how many in all; the last lap is as long as is left
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
