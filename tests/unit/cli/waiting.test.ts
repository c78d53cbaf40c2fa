import { expect } from "chai";
import { createWaiting } from "../../../cli/terminal/waiting.ts";
import type { Wait } from "../../../cli/terminal/waiting.ts";
import { Failure } from "../../../contract/failure.ts";

/** A command that waits, on a clock that only `pass` moves. */
function waitingCommand() {
  let now = 0;
  const timers = new Set<{ at: number; run: () => void }>();
  const lines: string[] = [];
  const waiting = createWaiting(
    (line) => lines.push(`${now / 1000} s: ${line}`),
    (run, milliseconds) => {
      const timer = { at: now + milliseconds, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
  );
  /** Lets time pass, and runs the timers that are due. */
  const pass = async (seconds: number) => {
    for (const end = now + seconds * 1000; now < end;) {
      now += 250;
      for (const timer of [...timers].filter(({ at }) => at <= now)) {
        timers.delete(timer);
        timer.run();
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  /** Begins to wait. The returned `end` ends the wait. */
  const begin = (wait: Wait) => {
    let end!: (result: string) => void;
    const result = waiting(wait, () => new Promise<string>((resolve) => (end = resolve)));
    return { end, result };
  };
  return { lines, pass, begin, timers };
}

describe("a command that waits", () => {
  it("says what it waits for within two seconds, and again every ten", async () => {
    const { lines, pass, begin } = waitingCommand();
    begin({ what: "the machines to leave" });
    await pass(2);
    expect(lines).to.deep.equal(["1 s: waiting for the machines to leave"]);
    await pass(20);
    expect(lines.map((line) => line.split(":")[0])).to.deep.equal(["1 s", "11 s", "21 s"]);
  });

  it("prints nothing for a short wait, returns the result, and leaves no timer", async () => {
    const { lines, pass, begin, timers } = waitingCommand();
    const { end, result } = begin({ what: "the cloud" });
    await pass(0.75);
    end("answered");
    expect(await result).to.equal("answered");
    await pass(20);
    expect([lines, [...timers]]).to.deep.equal([[], []]);
  });

  it("asks again for each line what it waits for", async () => {
    const { lines, pass, begin } = waitingCommand();
    let left = 2;
    begin({ what: () => `step ${3 - left}`, first: () => Promise.resolve(`${left--} machine(s)`) });
    await pass(12);
    expect(lines).to.deep.equal([
      "1 s: waiting for 2 machine(s), and for step 2",
      "11 s: waiting for 1 machine(s), and for step 3",
    ]);
  });

  it("does not wait for a late answer, and shows the error of a failed one", async () => {
    const { lines, pass, begin } = waitingCommand();
    let answers = new Promise<string>(() => undefined);
    begin({ what: "the machines to leave", first: () => answers });
    await pass(2);
    answers = Promise.reject(new Failure("The cloud does not answer."));
    answers.catch(() => undefined);
    await pass(10);
    expect(lines).to.deep.equal([
      "1.75 s: waiting for the machines to leave",
      "11 s: waiting for the machines to leave: The cloud does not answer.",
    ]);
  });

  it("prints nothing after its end, even if an answer comes late", async () => {
    const { lines, pass, begin } = waitingCommand();
    let answer!: (words: string) => void;
    const first = () => new Promise<string>((resolve) => (answer = resolve));
    const { end, result } = begin({ what: "the cloud", first });
    await pass(1);
    end("done");
    await result;
    answer("too late");
    await pass(20);
    expect(lines).to.deep.equal([]);
  });
});
