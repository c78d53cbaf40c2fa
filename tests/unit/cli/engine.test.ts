import { EventEmitter } from "node:events";
import { ConcurrentUpdateError } from "@pulumi/pulumi/automation/index.js";
import type { EngineEvent, UpOptions } from "@pulumi/pulumi/automation/index.js";
import { expect } from "chai";
import { failureWords } from "../../../cli/engine/failure-words.ts";
import { stackEngine } from "../../../cli/engine/stack-engine.ts";
import { watchInterruption } from "../../../cli/interruption.ts";

const event = (message: string, severity: "error" | "info#err" = "error", urn?: string): EngineEvent => ({
  sequence: 1,
  timestamp: 0,
  diagnosticEvent: { message, severity, color: "raw", ...(urn !== undefined && { urn }) },
});
const urn = "urn:pulumi:dev::longhaul::command:local:Command::dev-cloud-1-ab";

describe("the reason why the engine failed", () => {
  it("is its errors, each once with its resource, without colours and without the engine's closing line", () => {
    const events = [
      event("<{%fg 1%}>boot-failed<{%reset%}>\n", "error", urn),
      event("<{%fg 1%}>boot-failed<{%reset%}>\n", "error", urn),
      event("Looking again.", "info#err", urn),
      event("update failed"),
    ];
    expect(failureWords(events, "all of it")).to.equal("dev-cloud-1-ab: boot-failed");
  });

  it("is its whole output if it reported no error", () => {
    expect(failureWords([event("update failed")], "error: no credentials\n")).to.equal(
      "error: no credentials",
    );
  });
});

describe("an up of the engine", () => {
  const up = async (run: (options: UpOptions, signals: EventEmitter) => Promise<unknown>) => {
    const signals = new EventEmitter();
    const interruption = watchInterruption(signals as unknown as NodeJS.Process);
    const stack = { up: (options: UpOptions) => run(options, signals) };
    const said: string[] = [];
    const outcome = await stackEngine(stack, { say: (line) => said.push(line), interruption }).up();
    interruption.stop();
    return { outcome, said };
  };
  const fail = (message: string) => Promise.reject(new Error(message));

  it("fails with the engine's words", async () => {
    const { outcome } = await up((options) => {
      options.onEvent?.(event("no capacity", "error", urn));
      return fail("code: -2");
    });
    expect(outcome).to.deep.equal({ kind: "failed", words: "dev-cloud-1-ab: no capacity" });
    expect((await up(() => fail("spawn pulumi ENOENT"))).outcome).to.deep.equal({
      kind: "failed",
      words: "spawn pulumi ENOENT",
    });
  });

  it("is locked, and has begun nothing, while another operation runs", async () => {
    const locked = Object.assign(Object.create(ConcurrentUpdateError.prototype) as Error, {
      message: "by ada",
    });
    expect((await up(() => Promise.reject(locked))).outcome).to.deep.equal({
      kind: "locked",
      words: "by ada",
    });
  });

  it("counts as interrupted if it fails after Ctrl-C, and gets no second signal", async () => {
    let passedOn: boolean | undefined;
    const { outcome } = await up((options, signals) => {
      signals.emit("SIGINT", "SIGINT");
      passedOn = options.signal?.aborted;
      return fail("cancelled");
    });
    expect(outcome).to.deep.equal({ kind: "interrupted" });
    expect(passedOn).to.equal(false);
  });

  for (const signal of ["SIGTERM", "SIGHUP"]) {
    it(`is asked to end when this process alone receives ${signal}`, async () => {
      const { outcome } = await up(
        (options, signals) =>
          new Promise((_, reject) => {
            options.signal?.addEventListener("abort", () => {
              reject(new Error("cancelled"));
            });
            expect(signals.emit(signal, signal), "the signal is noted").to.equal(true);
          }),
      );
      expect(outcome).to.deep.equal({ kind: "interrupted" });
    });
  }

  it("is done if it succeeds although Ctrl-C was pressed", async () => {
    const { outcome } = await up((_, signals) => {
      signals.emit("SIGINT", "SIGINT");
      return Promise.resolve();
    });
    expect(outcome).to.deep.equal({ kind: "done" });
  });
});
