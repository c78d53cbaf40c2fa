import { expect } from "chai";
import fc from "fast-check";
import { Failure } from "../../../contract/failure.ts";
import type { FleetView } from "../../../runtime/agent/fleet-memory.ts";
import { unknownFacts } from "../../../runtime/agent/job-facts.ts";
import { watchIncidents } from "../../../runtime/agent/incidents.ts";
import type { ListenerView } from "../../../runtime/agent/listener-eyes.ts";
import type { RegistrationResult } from "../../../runtime/agent/registration.ts";
import { supervise } from "../../../runtime/agent/supervisor.ts";
import type { SleepRequest } from "../../../runtime/agent/sleep-time.ts";
import { askAgainMs } from "../../../runtime/agent/powering-off.ts";
import { stuckAfterMs } from "../../../runtime/agent/decide.ts";
import { fakeClock } from "./fixture.ts";

const service: FleetView = {
  listing: "service",
  mayRetire: true,
  power: { power: "on", by: "stack", reason: "the fleet was created" },
  jobLimit: { hours: 24, enforce: false },
  idleMinutes: undefined,
};
const quietMs = 180_000;
const dropped: FleetView = { ...service, listing: "none" };

/** Supervises a machine made of test doubles. `story` changes it before each look, and ends the test by returning false. */
async function live(
  story: (machine: ReturnType<typeof machineOf>, look: number) => boolean,
  prepare: (machine: ReturnType<typeof machineOf>) => void = () => undefined,
) {
  const machine = machineOf();
  prepare(machine);
  const ended = new Error("the test is over");
  const clock = fakeClock();
  let look = 0;
  const sleep = async (milliseconds: number) => {
    if (milliseconds === 30_000) return new Promise<never>(() => undefined); // The next read of the parameters.
    await clock.sleep(milliseconds);
    if (
      milliseconds === askAgainMs &&
      machine.acts.filter((act) => act === "power off").length > machine.self.patience
    )
      throw ended;
    if (milliseconds === 1000 && !story(machine, look++)) throw ended;
  };
  machine.now = clock.monotonic;
  const host = { ...machine.host, clock: { ...clock, sleep } };
  await supervise(host).catch((error: unknown) => {
    if (error !== ended) throw error;
  });
  return machine;
}

function machineOf() {
  const acts: string[] = [];
  const lines: string[] = [];
  const reports: string[] = [];
  const notes: string[] = [];
  const view: ListenerView = {
    listener: undefined,
    worker: false,
    workerAt: undefined,
    toldToEndAt: undefined,
    updating: false,
    job: false,
    lastActivityAt: -quietMs,
    lastUsedAt: -quietMs,
    pendingJobEvidence: undefined,
    missedAt: undefined,
    refusals: 0,
    disconnectedAt: undefined,
    reachableAt: undefined,
    exit: undefined,
    registered: true,
    facts: unknownFacts,
    version: "",
    pollErrors: { fresh: 0, sinceMessage: 0 },
  };
  const published: object[] = [];
  const incidents = watchIncidents({ monotonic: () => machine.now() }, (line) => lines.push(line));
  const machine = {
    acts,
    published,
    lines,
    reports,
    notes,
    view,
    fleet: service,
    /** How many power-offs may fail before the machine is off. */
    patience: 0,
    fails: {} as Record<string, string>,
    registration: { outcome: "registered" } as RegistrationResult,
    onFreeze: () => undefined as unknown,
    onPowerOff: () => undefined as unknown,
    onEnd: () => undefined as unknown,
    onLook: () => undefined as unknown,
    now: () => 0,
  };
  const act = (name: string) => {
    acts.push(name);
    const problem = machine.fails[name];
    return problem === undefined ? Promise.resolve() : Promise.reject(new Failure(problem));
  };
  const host = {
    listener: {
      look: () => {
        machine.onLook();
        return { ...view, listener: view.listener && { ...view.listener } };
      },
      start: () => {
        acts.push("start");
        view.listener = { listening: true, frozen: false };
        view.exit = undefined;
      },
      freeze: () => {
        acts.push("freeze");
        view.listener!.frozen = true;
        machine.onFreeze();
      },
      thaw: () => {
        if (!view.listener) return;
        acts.push("thaw");
        view.listener.frozen = false;
      },
      end: () => {
        acts.push("end");
        view.listener = undefined;
        machine.onEnd();
        return Promise.resolve();
      },
      endJob: (signal: string) => {
        acts.push(signal);
        view.toldToEndAt ??= machine.now();
      },
      forgetExit: () => {
        view.exit = undefined;
      },
    },
    fleet: {
      read: () => Promise.resolve(),
      view: () => machine.fleet,
      nextReadMs: () => 30_000,
    },
    power: {
      cancelBootTimer: () => act("cancel boot timer"),
      endAtPowerOff: () => act("terminate at power-off"),
      stopAtPowerOff: () => act("stop at power-off"),
      powerOff: () => {
        machine.onPowerOff();
        return act("power off");
      },
      isPoweringOff: () => acts.includes("power off"),
    },
    tags: {
      report: ({ state, detail }: { state: string; detail: string }) => {
        const text = detail === "" ? state : `${state}: ${detail}`;
        if (reports.at(-1) !== text) reports.push(text);
      },
      reportNow: ({ state, detail }: { state: string; detail: string }) => {
        reports.push(`${state}: ${detail}`);
        return act(`report ${state}`);
      },
    },
    ledger: {
      add: () => true,
      noteStart: () => notes.push("start"),
      noteStop: () => notes.push("stop"),
      flush: () => Promise.resolve(),
    },
    ballast: { look: () => Promise.resolve() },
    runnerLogs: { look: () => undefined },
    incidents,
    register: () => {
      acts.push("register");
      return Promise.resolve(machine.registration);
    },
    overwriteUsedToken: () => {
      notes.push("used token");
      return Promise.resolve();
    },
    publish: (values: object, counts: object) => {
      published.push({ ...values, ...counts });
      return act("publish");
    },
    sleepTime: ({ power }: SleepRequest) => (power === "off" ? 0 : Infinity),
    pollSeconds: 30,
    quietMs,
    log: (line: string) => lines.push(line),
  };
  return { ...machine, host, self: machine };
}

describe("the supervisor", () => {
  it("reports failed polls, and a lost registration until the machine is registered again", async () => {
    const { reports, published } = await live(({ self, view }, look) => {
      view.pollErrors = { fresh: look === 2 ? 2 : 0, sinceMessage: look < 2 ? 0 : 2 };
      const gone = look >= 10 && look <= 70;
      if (look === 10) self.registration = { outcome: "no-token", parameter: "missing" };
      Object.assign(view, {
        registered: !gone,
        listener: gone ? undefined : { listening: true, frozen: false },
      });
      return look < 190;
    });
    expect(reports.join("\n")).to.include("failed to poll GitHub 2 time(s)");
    expect(reports.join("\n")).to.match(/^needs-token: .*GitHub no longer knows its registration/m);
    expect(reports.at(-1)).to.not.include("registration");
    const counts = published.map((each) => each as { PollErrors?: number; RegistrationsGone?: number });
    expect(counts.map(({ PollErrors }) => PollErrors ?? 0)).to.deep.equal([2, 0, 0]);
    expect(counts.map(({ RegistrationsGone }) => RegistrationsGone ?? 0)).to.deep.equal([1, 0, 0]);
  });

  it("reports incidents with the state, and publishes them until that succeeds", async () => {
    const { reports, published } = await live(({ self, host }, look) => {
      if (look === 2) host.incidents.happened("listenerHung", "The listener was restarted.");
      if (look === 10) self.fails.publish = "throttled";
      if (look === 70) self.fails = {};
      return look < 140;
    });
    expect(reports.at(-1)).to.equal("idle: The listener was restarted.");
    expect(published.map((counts) => (counts as { ListenersHung?: number }).ListenersHung)).to.deep.equal([
      1, 1,
    ]);
  });

  it("cancels the boot timer, then starts the listener, and then leaves it alone", async () => {
    const { acts, reports, notes } = await live((_, look) => look < 10);
    expect(acts).to.deep.equal(["cancel boot timer", "start"]);
    expect(notes.filter((note) => note !== "used token")).to.deep.equal(["start"]);
    expect(notes, "the used token is overwritten").to.include("used token");
    expect(reports).to.deep.equal(["starting", "idle"]);
  });

  it("does not start the listener while the boot timer cannot be cancelled", async () => {
    const { acts, lines } = await live(
      (_, look) => look < 5,
      ({ self }) => {
        self.fails["cancel boot timer"] = "shutdown -c ended with 1";
      },
    );
    expect(new Set(acts)).to.deep.equal(new Set(["cancel boot timer"]));
    expect(lines.filter((line) => line.includes("shutdown -c"))).to.have.length(1);
  });

  it("reports that the boot timer cannot be cancelled, until it is cancelled", async () => {
    const { acts, reports, published } = await live(
      ({ self }, look) => {
        if (look === 70) self.fails = {};
        return look < 140;
      },
      ({ self }) => {
        self.fails["cancel boot timer"] = "shutdown -c ended with 1";
      },
    );
    expect(reports[0]).to.equal("starting");
    expect(reports[1]).to.include("starting: The boot timer cannot be cancelled");
    expect(acts.at(-1)).to.equal("publish");
    expect(acts).to.include("start");
    expect(reports.at(-1)).to.equal("idle");
    const counts = published.map((values) => (values as { BootTimersKept?: number }).BootTimersKept);
    expect(counts).to.deep.equal([1, undefined]);
  });

  it("waits with the boot timer armed until the lists name the machine", async () => {
    const { acts } = await live(
      ({ self }, look) => {
        if (look === 5) self.fleet = { ...service, listing: "candidate" };
        return look < 10;
      },
      ({ self }) => {
        self.fleet = { ...dropped, mayRetire: false };
      },
    );
    expect(acts).to.deep.equal(["cancel boot timer", "start"]);
  });

  it("retires in this order: listener frozen, ended, shutdown behaviour, report, power", async () => {
    const { acts } = await live(({ self }, look) => {
      if (look === 3) self.fleet = dropped;
      return look < 20;
    });
    expect(acts).to.deep.equal([
      "cancel boot timer",
      "start",
      "freeze",
      "end",
      "terminate at power-off",
      "report retired",
      "power off",
    ]);
  });

  it("lets a machine that was removed from the lists finish its job first", async () => {
    const { acts } = await live(({ self, view }, look) => {
      if (look === 2) Object.assign(view, { job: true, worker: true });
      if (look === 3) self.fleet = dropped;
      if (look === 10) {
        // Nothing may have happened while the job runs.
        expect(self.acts).to.deep.equal(["cancel boot timer", "start"]);
        Object.assign(view, { job: false, worker: false });
      }
      return look < 20;
    });
    expect(acts.at(-1)).to.equal("power off");
  });

  it("sleeps in this order: listener frozen, ended, shutdown behaviour, report, power", async () => {
    const { acts } = await live(({ self }, look) => {
      if (look === 3)
        self.fleet = { ...service, power: { power: "off", by: "alice", reason: "a long weekend" } };
      return look < 20;
    });
    expect(acts.slice(2)).to.deep.equal(["freeze", "end", "stop at power-off", "report asleep", "power off"]);
  });

  it("thaws the listener if a job arrives while it is frozen, and lets the job run", async () => {
    const { acts } = await live(
      ({ self, view }, look) => {
        if (look === 3) self.fleet = dropped;
        if (look === 10) Object.assign(view, { job: false, worker: false });
        return look < 20;
      },
      ({ self, view }) => {
        self.onFreeze = () =>
          self.acts.filter((name) => name === "freeze").length === 1 && Object.assign(view, { job: true });
      },
    );
    expect(acts.slice(2, 4)).to.deep.equal(["freeze", "thaw"]);
    expect(acts.at(-1)).to.equal("power off");
  });

  it("thaws the listener if a look fails while it is frozen", async () => {
    const { acts } = await live(
      ({ self }, look) => {
        if (look === 3) self.fleet = dropped;
        return look < 5;
      },
      ({ self, view }) => {
        self.onLook = () => {
          if (view.listener?.frozen) throw new Error("EMFILE: too many open files");
        };
      },
    );
    expect(acts.slice(2, 4)).to.deep.equal(["freeze", "thaw"]);
    expect(acts).to.not.include("end");
  });

  it("freezes a listener for at most a second", async () => {
    const pauses: number[] = [];
    await live(
      ({ self, view }, look) => {
        if (look === 3) self.fleet = dropped;
        if (look === 4) view.pendingJobEvidence = "bytes wait in a socket of the listener";
        return look < 8;
      },
      ({ self, view }) => {
        let frozenAt: number | undefined;
        self.onFreeze = () => (frozenAt = self.now());
        self.onLook = () => {
          if (frozenAt !== undefined && view.listener?.frozen) pauses.push(self.now() - frozenAt);
        };
      },
    );
    expect(pauses).to.not.be.empty;
    for (const pause of pauses) expect(pause).to.be.at.most(1000);
  });

  it("starts the listener again if a job had arrived when it ended", async () => {
    const { acts } = await live(
      ({ self }, look) => {
        if (look === 3) self.fleet = dropped;
        return look < 10;
      },
      ({ self, view }) => {
        self.onEnd = () => (view.missedAt = self.now());
      },
    );
    expect(acts).to.deep.equal(["cancel boot timer", "start", "freeze", "end", "start"]);
  });

  const refusal = "ec2:ModifyInstanceAttribute failed: UnauthorizedOperation (403): no";
  const refuse = (machine: ReturnType<typeof machineOf>["self"]) => {
    machine.fleet = dropped;
    machine.fails["terminate at power-off"] = refusal;
  };
  const refused = (acts: string[]) => acts.filter((name) => name === "terminate at power-off").length;

  it("does not power off while EC2 refuses the termination, and asks again", async () => {
    const { acts, reports } = await live(({ self }, look) => {
      if (look === 3) refuse(self);
      if (look === 6) {
        expect(self.acts).to.not.include("power off");
        expect(self.acts).to.not.include("report retired");
        self.fails = {};
      }
      return look < 20;
    });
    expect(acts.slice(-2)).to.deep.equal(["report retired", "power off"]);
    expect(reports.at(-1)).to.match(/^retired: /);
  });

  it("asks EC2 to terminate at growing intervals, and sleeps with the reason after the fifth refusal", async () => {
    const asked: number[] = [];
    const { acts, reports, lines } = await live(({ self }, look) => {
      if (look === 3) refuse(self);
      if (refused(self.acts) > asked.length) asked.push(look);
      return look < 200;
    });
    expect(acts.slice(-2)).to.deep.equal(["report asleep", "power off"]);
    expect(refused(acts)).to.equal(5);
    expect(acts).to.not.include("report retired");
    expect(reports.at(-1)).to.equal(`asleep: EC2 refuses to let its power-off terminate it: ${refusal}`);
    expect(asked.slice(1).map((look, index) => look - asked[index]!)).to.deep.equal([5, 10, 20, 40]);
    expect(lines.filter((line) => line.includes("UnauthorizedOperation"))).to.have.length(4);
  });

  it("does not power off to sleep while EC2 would terminate the machine, and asks at intervals up to five minutes", async () => {
    const asked: number[] = [];
    const { acts } = await live(({ self }, look) => {
      if (look === 3) {
        self.fleet = { ...service, power: { power: "off", by: "alice", reason: "a long weekend" } };
        self.fails["stop at power-off"] = refusal;
      }
      const count = self.acts.filter((name) => name === "stop at power-off").length;
      if (count > asked.length) asked.push(look);
      if (look === 650) self.fails = {};
      return look < 1000;
    });
    const pauses = asked.slice(1).map((look, index) => look - asked[index]!);
    expect(pauses.slice(0, 3)).to.deep.equal([5, 10, 20]);
    expect(Math.max(...pauses)).to.equal(300);
    expect(acts.slice(-3)).to.deep.equal(["stop at power-off", "report asleep", "power off"]);
  });

  it("goes back to work if the lists name the machine again before EC2's last refusal", async () => {
    const { acts } = await live(({ self }, look) => {
      if (look === 3) refuse(self);
      if (look === 12) self.fleet = service;
      return look < 60;
    });
    expect(acts.filter((name) => name === "start")).to.have.length(2);
    expect(acts).to.not.include("power off");
  });

  it("powers off even if the report cannot be sent", async () => {
    const { acts } = await live(({ self }, look) => {
      if (look === 3) {
        self.fleet = dropped;
        self.fails["report retired"] = "ec2:CreateTags failed: NoAnswer";
      }
      return look < 20;
    });
    expect(acts.at(-1)).to.equal("power off");
  });

  it("never starts a listener again after its power-off, even if the lists name the machine again", async () => {
    const { acts, reports, published } = await live(
      ({ self }, look) => {
        if (look === 3) self.fleet = dropped;
        return look < 20;
      },
      ({ self }) => {
        self.patience = 3;
        self.onPowerOff = () => (self.fleet = service);
      },
    );
    expect(acts.filter((act) => act === "start")).to.have.length(1);
    expect(acts.filter((act) => act === "power off")).to.have.length(4);
    expect(acts.at(-1)).to.equal("power off");
    expect(reports.at(-1)).to.match(
      /^leaving: The machine has asked for its power-off and still runs, without a listener/,
    );
    expect(published.at(-1)).to.deep.equal({ busy: 0, listening: 0, jobOverdue: 0, PowerOffsHeld: 1 });
  });

  it("tries again and starts no listener if the power-off command fails, because it may still take effect", async () => {
    const { acts, lines } = await live(
      ({ self }, look) => {
        if (look === 3) self.fleet = dropped;
        return look < 20;
      },
      ({ self }) => {
        self.patience = 2;
        self.fails["power off"] = "shutdown was ended by SIGTERM after at most 60000 ms";
        self.onPowerOff = () => (self.fleet = service);
      },
    );
    expect(acts.filter((act) => act === "start")).to.have.length(1);
    expect(lines.at(-1)).to.equal(
      `Powering off failed: shutdown was ended by SIGTERM after at most 60000 ms`,
    );
  });

  it("only powers off if an earlier agent has done so", async () => {
    const { acts } = await live(
      (_, look) => look < 20,
      ({ self }) => {
        self.acts.push("power off"); // The earlier agent did this.
        self.patience = 1;
      },
    );
    expect(acts).to.deep.equal(["power off", "power off"]);
  });

  it("restarts a listener after GitHub has given up its job", async () => {
    const { acts } = await live(({ self, view }, look) => {
      if (look === 2) Object.assign(view, { job: true, lastActivityAt: self.now() - stuckAfterMs });
      if (look === 3) view.job = false;
      return look < 6;
    });
    expect(acts).to.deep.equal(["cancel boot timer", "start", "freeze", "end", "start"]);
  });

  it("restarts a listener that no longer polls, counts it and reports it", async () => {
    const { acts, reports, published } = await live(({ self, view }, look) => {
      if (look === 2)
        Object.assign(view, { disconnectedAt: self.now() - 180_000, reachableAt: self.now() - 75_000 });
      if (look === 3) Object.assign(view, { disconnectedAt: undefined, reachableAt: undefined });
      return look < 70;
    });
    expect(acts.slice(0, 5)).to.deep.equal(["cancel boot timer", "start", "freeze", "end", "start"]);
    expect(reports.at(-1)).to.match(/^idle: The listener was not connected to GitHub for three minutes/);
    expect(published).to.have.length(1);
    expect(published[0]).to.include({ ListenersHung: 1 });
  });

  it("reports a refused version until it is accepted, with one report for each wait", async () => {
    const refused = (self: { now: () => number }) => ({
      listener: undefined,
      refusals: 1,
      exit: {
        at: self.now(),
        after: { then: "version-refused", afterMs: 600_000, again: "2026-05-01 10:10 UTC" },
      },
    });
    const { acts, reports, published } = await live(({ self, view }, look) => {
      if (look === 2) Object.assign(view, refused(self));
      if (look === 720) view.refusals = 0;
      return look < 730;
    });
    expect(acts.filter((act) => act !== "publish")).to.deep.equal(["cancel boot timer", "start", "start"]);
    const failed = reports.filter((report) => report.startsWith("failed"));
    expect(failed).to.have.length(2);
    expect(failed[0]).to.include("tried again at 2026-05-01 10:10 UTC");
    expect(failed[1]).to.include("is being tried again");
    expect(reports.at(-1)).to.equal("idle");
    expect(published.filter((counts) => "VersionsRefused" in counts)).to.have.length(12);
  });

  it("starts the listener again after a job that never began, even if no list names the machine", async () => {
    const { acts } = await live(
      ({ self, view }, look) => {
        if (look !== 2) return look < 30;
        Object.assign(view, { job: true, lastActivityAt: self.now() - stuckAfterMs });
        self.fleet = dropped;
        return true;
      },
      ({ self, view }) => {
        self.onEnd = () => Object.assign(view, { job: false, missedAt: self.now() });
      },
    );
    expect(acts).to.deep.equal(["cancel boot timer", "start", "freeze", "end", "start"]);
  });

  it("asks for a token at most once in each poll interval, and reports what went wrong", async () => {
    const { acts, reports } = await live(
      ({ self, view }, look) => {
        if (look === 40) {
          self.registration = { outcome: "registered" };
          view.registered = true;
        }
        return look < 70;
      },
      ({ self, view }) => {
        view.registered = false;
        self.registration = { outcome: "failed", reason: "config.sh ended with 1: NotFound" };
      },
    );
    expect(acts.filter((name) => name === "register")).to.have.length(2);
    expect(reports.join("\n")).to.match(/^needs-token: config.sh ended with 1: NotFound/m);
    expect(acts).to.include("start");
  });

  it("starts its listener once it has registered again, because that clears the last exit", async () => {
    const { acts } = await live(
      (_, look) => look < 10,
      ({ view }) => {
        view.exit = { at: 0, after: { then: "needs-token" } };
      },
    );
    expect(acts).to.deep.equal(["cancel boot timer", "register", "start"]);
  });

  it("reports why AWS denies the token while it does", async () => {
    const { reports } = await live(
      ({ self }, look) => {
        if (look === 31) self.registration = { outcome: "no-token", parameter: "used" };
        return look < 70;
      },
      ({ self, view }) => {
        view.registered = false;
        self.registration = { outcome: "no-token", parameter: { denied: "AccessDeniedException (400): no" } };
      },
    );
    expect(reports.join("\n")).to.match(/^needs-token: AccessDeniedException \(400\): no/m);
    expect(reports.at(-1)).to.match(/^needs-token: Waits for a registration token\./);
  });

  it("publishes its metrics each minute, and continues if that fails", async () => {
    const { acts, lines } = await live(
      (_, look) => look < 185,
      ({ self }) => {
        self.fails.publish = "cloudwatch:PutMetricData failed: Throttling";
      },
    );
    expect(acts.filter((name) => name === "publish")).to.have.length(3);
    expect(lines.filter((line) => line.startsWith("Publishing the metrics failed"))).to.have.length(1);
  });

  it("reports that it cannot see the runner, continues to publish, and changes nothing", async () => {
    let blind = false;
    const { acts, reports, published, lines } = await live(
      ({ self }, look) => {
        blind = look >= 10 && look < 200;
        if (look === 20) self.fleet = dropped;
        if (look === 200) self.fleet = service;
        return look < 230;
      },
      ({ self }) => {
        self.onLook = () => {
          if (blind) throw new Error("EIO: i/o error, read");
        };
      },
    );
    const sentence =
      "The agent cannot see what the runner does, so the machine neither sleeps nor leaves. The agent's log says why.";
    expect(reports.filter((report) => report.includes(sentence))).to.have.lengthOf(1);
    expect(reports.at(-1), "it sees again").not.to.include(sentence);
    expect(lines.filter((line) => line.includes("EIO"))).to.have.lengthOf(1);
    expect(published.filter((values) => "RunnersUnseen" in values)).to.have.length.at.least(2);
    expect(published.find((values) => "RunnersUnseen" in values)).to.deep.equal({ RunnersUnseen: 1 });
    // Each failed look thaws the listener, because it may be frozen.
    expect([...new Set(acts)]).to.have.members(["cancel boot timer", "start", "publish", "thaw"]);
  });

  it("logs the stack of its own fault once, not at each look", async () => {
    const { lines } = await live(
      (_, look) => look < 10,
      ({ self }) => {
        self.onLook = () => {
          (undefined as unknown as string[]).pop();
        };
      },
    );
    const faults = lines.filter((line) => line.startsWith("Looking after the runner failed: "));
    expect(faults).to.have.lengthOf(1);
    expect(faults[0]).to.match(/failed: TypeError: .*'pop'.*\n +at .*supervisor\.test\.ts/);
  });

  const work = { listener: { listening: true, frozen: false }, job: true, worker: true, workerAt: 0 };

  it("only reports an overdue job if its limit is not enforced", async () => {
    const { acts, reports, published } = await live(({ view, self }, look) => {
      self.fleet = { ...service, jobLimit: { hours: 90 / 3600, enforce: false } };
      Object.assign(view, work);
      return look < 185;
    });
    expect(reports.at(-1)).to.match(/^busy: Its job has run for 0 h, longer than maxJobHours allows/);
    expect(published).to.deep.equal([
      { busy: 1, listening: 1, jobOverdue: 0 },
      { busy: 1, listening: 1, jobOverdue: 1 },
      { busy: 1, listening: 1, jobOverdue: 1 },
    ]);
    expect(new Set(acts)).to.deep.equal(new Set(["cancel boot timer", "publish"]));
  });

  it("ends an overdue job if its limit is enforced: SIGTERM, SIGKILL a minute later, and the listener stays", async () => {
    const { acts } = await live(({ view, self }, look) => {
      self.fleet = { ...service, jobLimit: { hours: 90 / 3600, enforce: true } };
      const killed = self.acts.includes("SIGKILL");
      Object.assign(view, killed ? { job: false, worker: false, workerAt: undefined } : work);
      return look < 185;
    });
    const others = acts.filter((name) => name !== "publish");
    expect(others).to.deep.equal(["cancel boot timer", "SIGTERM", "SIGKILL"]);
  });

  it("never ends the listener or the machine while there is a job", async () => {
    const change = fc.record({
      job: fc.boolean(),
      worker: fc.boolean(),
      updating: fc.boolean(),
      listing: fc.constantFrom("service" as const, "candidate" as const, "none" as const, "unknown" as const),
      dies: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 12 }), async (changes) => {
        let known = 0;
        let busy = false;
        await live(({ self, view }, look) => {
          const since = self.acts.slice(known);
          if (busy) expect(since).to.not.include.oneOf(["end", "terminate at power-off", "power off"]);
          const next = changes[look];
          if (!next) return false;
          const { listing, dies, job, worker, updating } = next;
          // Only a listener can receive a job. A worker may outlive its listener.
          if (dies) view.listener = undefined;
          Object.assign(view, { worker, updating, job: job && (view.listener !== undefined || worker) });
          view.lastActivityAt = self.now();
          self.fleet = { ...service, listing };
          known = self.acts.length;
          busy = view.job || view.worker;
          return true;
        });
      }),
      { numRuns: 50 },
    );
  });
});
