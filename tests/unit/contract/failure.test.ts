import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import type * as failures from "../../../contract/failure.ts";
import {
  explained,
  Failure,
  Fault,
  isFault,
  messageOf,
  sentenceOf,
  traceOf,
} from "../../../contract/failure.ts";

const secret = "ghs_canarycanarycanary";

/** The value that a function throws. */
function caught(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error("Nothing was thrown.");
}

class Refusal extends Failure {}
const refusal = new Refusal("EC2 refuses it: ask for another quota.", { cause: new Error(secret) });
const missing = caught(() => readFileSync("/is/not/there"));
const fault = caught(() => (undefined as unknown as string[]).length);
const parsed = caught(() => JSON.parse(`${secret} is no JSON`));
const faultSentence = "Longhaul has a fault of its own (TypeError); its log has the stack.";

const address = (words: string) =>
  Object.assign(new Error(`connect ECONNREFUSED ${words}`), { code: "ECONNREFUSED" });
const unreachable = new TypeError("fetch failed", { cause: address("127.0.0.1:1") });
const unreachableTwice = Object.assign(new AggregateError([address("::1:1"), address("127.0.0.1:1")]), {
  code: "ECONNREFUSED",
});

interface Case {
  what: string;
  error: unknown;
  /** For people. */
  sentence: string;
  /** Of a fault: what its trace holds. */
  trace?: readonly RegExp[];
}

const cases: Case[] = [
  { what: "a failure", error: refusal, sentence: "EC2 refuses it: ask for another quota." },
  {
    what: "an error of the operating system",
    error: missing,
    sentence: "ENOENT: no such file or directory, open '/is/not/there'",
  },
  {
    what: "a connection that failed",
    error: unreachable,
    sentence: "fetch failed (connect ECONNREFUSED 127.0.0.1:1)",
  },
  {
    what: "a connection to a server with two addresses",
    error: new TypeError("fetch failed", { cause: unreachableTwice }),
    sentence: "fetch failed (connect ECONNREFUSED ::1:1, connect ECONNREFUSED 127.0.0.1:1)",
  },
  {
    what: "a time limit",
    error: new DOMException("The operation was aborted due to timeout", "TimeoutError"),
    sentence: "The operation was aborted due to timeout",
  },
  {
    what: "a failure with a further explanation",
    error: explained(refusal, (why) => `Nothing was done: ${why}`),
    sentence: "Nothing was done: EC2 refuses it: ask for another quota.",
  },
  {
    what: "a TypeError",
    error: fault,
    sentence: faultSentence,
    trace: [/^TypeError: Cannot read properties of undefined.*\n +at .*failure\.test\.ts/],
  },
  {
    what: "a state that cannot be",
    error: new Fault("two machines have one name"),
    sentence: "Longhaul has a fault of its own (Fault); its log has the stack.",
    trace: [/^(Fault|Error): two machines have one name\n +at /],
  },
  {
    what: "a plain Error",
    error: new Error("a batch that is done has nothing to do"),
    sentence: "Longhaul has a fault of its own (Error); its log has the stack.",
    trace: [/^Error: a batch that is done has nothing to do\n +at /],
  },
  {
    what: "a fault with two further explanations",
    error: explained(
      explained(fault, (why) => `The meter stands still: ${why}`),
      (why) => `${why} See the runbook.`,
    ),
    sentence: `The meter stands still: ${faultSentence} See the runbook.`,
    trace: [/^The meter stands still: /, /\nCaused by: TypeError: .*\n +at .*failure\.test\.ts/],
  },
  {
    what: "a fault with a cause",
    error: new Error("no plan", { cause: fault }),
    sentence: "Longhaul has a fault of its own (Error); its log has the stack.",
    trace: [/^Error: no plan\n +at /, /\nCaused by: TypeError: /],
  },
  {
    what: "a fault that a failure is behind",
    error: new Error("no plan", { cause: refusal }),
    sentence: "Longhaul has a fault of its own (Error); its log has the stack.",
    trace: [/\nCaused by: EC2 refuses it: ask for another quota\.$/],
  },
  {
    what: "a parser's error",
    error: parsed,
    sentence: "Longhaul has a fault of its own (SyntaxError); its log has the stack.",
    trace: [/^SyntaxError, with a message that may quote a secret\n +at JSON\.parse/],
  },
  {
    what: "a value that is no error",
    error: secret,
    sentence: "Longhaul has a fault of its own (string); its log has the stack.",
    trace: [/^A value of the type string was thrown\.$/],
  },
];

describe("an error of another bundle that has a copy of the module", () => {
  it("is of the same kind as in its own bundle", async () => {
    const path = "../../../contract/failure.ts?copy";
    const copy = (await import(path)) as typeof failures;
    const theirs = new copy.Failure("Go could not be started.");
    expect(theirs).not.to.be.instanceOf(Failure);
    expect([isFault(theirs), traceOf(theirs)]).to.deep.equal([false, "Go could not be started."]);
    expect(isFault(copy.explained(fault, (why) => why))).to.equal(true);
    expect(isFault(copy.explained(refusal, (why) => why))).to.equal(false);
  });
});

describe("the report of an error", () => {
  for (const { what, error, sentence, trace } of cases) {
    it(`${what}: a sentence for people, and ${trace ? "the stack for the log" : "nothing else for the log"}`, () => {
      const log: string[] = [];
      expect(sentenceOf(error, (text) => log.push(text))).to.equal(sentence);
      expect(isFault(error)).to.equal(trace !== undefined);
      expect(log).to.deep.equal(trace ? [traceOf(error)] : []);
      if (!trace) expect(traceOf(error)).to.equal(sentence);
      for (const part of trace ?? []) expect(traceOf(error)).to.match(part);
    });

    it(`${what}: neither the cause of a failure nor a text that could not be parsed`, () => {
      expect(JSON.stringify(parsed, Object.getOwnPropertyNames(parsed))).to.contain("canary");
      expect(`${traceOf(error)}${sentenceOf(error, () => undefined)}`).not.to.contain("canary");
    });
  }

  it("keeps an error that is explained further as the cause", () => {
    expect(explained(fault, (why) => why).cause).to.equal(fault);
  });
  for (const { what, error, trace } of cases.filter(({ error }) => error instanceof Failure)) {
    it(`${what}: ${trace ? "Pulumi shows its stack" : "Pulumi shows its sentence alone"}`, () => {
      expect(pulumi.RunError.isInstance(error)).to.equal(trace === undefined);
    });
  }
});

describe("the message of a library's error", () => {
  it("is the error's own, with the cause of a failed connection", () => {
    expect(messageOf(new Error("unclosed tag"))).to.equal("unclosed tag");
    expect(messageOf(parsed)).to.include("is not valid JSON");
    expect(messageOf(unreachable)).to.equal("fetch failed (connect ECONNREFUSED 127.0.0.1:1)");
  });

  for (const error of [fault, new Fault("two machines have one name"), "no error"]) {
    it(`is not taken from ${String(error)}, which is thrown again`, () => {
      expect(caught(() => messageOf(error))).to.equal(error);
    });
  }
});
