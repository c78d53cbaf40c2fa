import { Command } from "commander";
import { expect } from "chai";
import { requestVariable } from "../../../contract/requests.ts";
import type { VerbContext } from "../../../cli/context.ts";
import { createOutput } from "../../../cli/terminal/output.ts";

describe("the command line of longhaul", () => {
  const call = async (args: string[], more: Partial<VerbContext> = {}) => {
    // Imported in the way in which verbs import, so that an error's class is the same on both sides: see clouds.ts.
    const { run } = await import("../../../cli/program.ts");
    const results: string[] = [];
    const said: string[] = [];
    const unexpected = () => Promise.reject(new Error("unexpected call"));
    const code = await run(args, {
      request: undefined,
      clock: { now: () => 0, sleep: unexpected },
      output: {
        result: (text) => void results.push(text),
        say: (line) => void said.push(line),
        progress: () => undefined,
      },
      isCi: false,
      openEnvironment: unexpected,
      confirm: unexpected,
      connectAws: unexpected,
      connectGithub: unexpected,
      openEngine: unexpected,
      watchInterruption: () => {
        throw new Error("unexpected call");
      },
      loadLocal: unexpected,
      ...more,
    });
    return { code, results: results.join("\n"), said: said.join("\n") };
  };

  it("prints its help as a result, with every verb and the exit codes", async () => {
    const { code, results } = await call(["--help"]);
    expect(code).to.equal(0);
    for (const word of [
      "status",
      "sleep",
      "wake",
      "reopen",
      "evict",
      "await",
      "settle",
      "rotate",
      "smoke",
      "drain",
      "app-key",
      "webhook-secret",
      "local",
      "3 not finished yet",
      "4 a fault of Longhaul's own",
    ]) {
      expect(results).to.include(word);
    }
  });

  it("makes a new secret for the webhook each time, and prints nothing else", async () => {
    const [one, other] = [await call(["webhook-secret"]), await call(["webhook-secret"])];
    expect(one).to.include({ code: 0, said: "" });
    expect(one.results).to.match(/^[0-9a-f]{64}$/);
    expect(other.results).not.to.equal(one.results);
  });

  it("prints a failure as a sentence, and a fault with its stack trace, what to do, and an exit code of its own", async () => {
    const { Failure, explained } = await import("../../../contract/failure.ts");
    const { NotFinished } = await import("../../../cli/exit-codes.ts");
    const { ServiceError } = await import("../../../cli/clients/service-error.ts");
    const fault = new TypeError("fleets is not iterable", {
      cause: new SyntaxError('"canary" is not valid JSON'),
    });
    const endingWith = async (error: Error) =>
      call(["status"], { openEnvironment: () => Promise.reject(error) });
    const sentence = "EC2 does not answer. Run it again.";
    const { code, said } = await endingWith(explained(fault, (why) => `The journal is kept: ${why}`));
    expect(code).to.equal(4);
    expect(said)
      .to.match(/^The journal is kept: Longhaul has a fault of its own \(TypeError\)/)
      .and.match(/\nCaused by: TypeError: fleets is not iterable\n +at .*\nCaused by: SyntaxError, with/s)
      .and.match(/Please report it: .*$/)
      .and.not.include("canary");
    for (const [error, expected] of [
      [new Failure(sentence), 1],
      [new ServiceError(sentence, { transient: true, cause: fault }), 1],
      [Object.assign(new Error(sentence), { syscall: "open" }), 1],
      [explained(new Failure("No answer."), () => sentence), 1],
      [new NotFinished(sentence), 3],
    ] as const)
      expect(await endingWith(error)).to.include({ code: expected, said: sentence });
  });

  for (const args of [
    ["frobnicate"],
    ["await", "--frob"],
    ["smoke", "follow", "--poll", "-1"],
    ["smoke", "folow"],
  ]) {
    it(`refuses "${args.join(" ")}" with exit code 2 and an error on standard error`, async () => {
      const { code, results, said } = await call(args);
      expect(code).to.equal(2);
      expect(results).to.equal("");
      expect(said).to.include("error:");
    });
  }

  for (const verb of [["await"], ["settle"], ["drain"], ["smoke", "dispatch"]]) {
    describe(verb.join(" "), () => {
      // Without a request, settle works on the environment that its command line names.
      if (verb[0] !== "settle") {
        it("names the variable of its request if it has none", async () => {
          const { code, said } = await call(verb);
          expect(code).to.equal(2);
          expect(said)
            .to.include(requestVariable)
            .and.include(`longhaul ${verb.join(" ")}`);
        });
      }

      it("reports everything that is wrong with its request, with the wrong values", async () => {
        const bad = { target: { environment: 7, aws: { account: "12" } } };
        const { code, said } = await call(verb, { request: JSON.stringify(bad) });
        expect(code).to.equal(2);
        for (const problem of [
          "target.environment must be text; it is 7",
          'target.aws.account must be twelve digits; it is "12"',
          "target.aws.region is missing",
          "target.github is missing",
        ]) {
          expect(said).to.include(`  ${problem}`);
        }
      });

      it("does not quote a request that is not JSON", async () => {
        const { code, said } = await call(verb, { request: "canary{" });
        expect(code).to.equal(2);
        expect(said).to.include("is not a JSON object").and.not.include("canary");
      });
    });
  }

  it("passes all arguments after local to the local cloud's own command", async () => {
    const seen: unknown[] = [];
    const local = new Command("local");
    local
      .command("status")
      .option("--json")
      .action((options) => void seen.push(options));
    const loadLocal = () => Promise.resolve(local);
    expect((await call(["local", "status", "--json"], { loadLocal })).code).to.equal(0);
    expect(seen).to.deep.equal([{ json: true }]);
    expect((await call(["local", "status", "--frob"], { loadLocal })).code).to.equal(2);
  });
});

describe("the output of longhaul", () => {
  const streams = (isTTY: boolean) => {
    const written = { out: "", err: "", now: 0 };
    const output = createOutput(
      { write: (text) => (written.out += text) },
      { write: (text) => (written.err += text), isTTY },
      () => written.now,
    );
    return { output, written };
  };

  it("keeps results and messages apart", () => {
    const { output, written } = streams(false);
    output.say("a");
    output.result("{}");
    expect(written).to.include({ out: "{}\n", err: "a\n" });
  });

  it("overwrites progress on a terminal, and removes it before it prints another line", () => {
    const { output, written } = streams(true);
    output.progress("1");
    output.progress("2");
    output.say("done");
    expect(written.err).to.equal("1\r\u001b[2K2\r\u001b[2Kdone\n");
  });

  it("prints progress once a minute elsewhere, without any control character", () => {
    const { output, written } = streams(false);
    for (const now of [0, 30_000, 59_999, 60_000]) {
      written.now = now;
      output.progress(String(now));
    }
    expect(written.err).to.equal("0\n60000\n");
  });
});
