import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { readConfiguration } from "../../components/index.ts";
import { Failure, Fault } from "../../contract/failure.ts";
import { startEnvironment } from "../environment.ts";
import type { TestEnvironment } from "../environment.ts";
import { toolsLimitMs } from "../find-tools.ts";

/*
 * What the engine shows of an error in a program that uses our components.
 */
describe("an error of the program, on the real engine", function () {
  this.timeout(600_000);
  let environment: TestEnvironment;
  let program: () => unknown;

  before(async function () {
    this.timeout(toolsLimitMs);
    environment = await startEnvironment({
      program: async () => Promise.resolve(program()).then(() => ({})),
    });
    await environment.configure((config) => {
      config["longhaul:budget"] = { monthlyUsd: -1 };
    });
  });
  after(() => environment.close());

  async function shown(act: () => unknown): Promise<string> {
    program = act;
    await environment.preview().then(
      () => expect.fail("the preview succeeded"),
      () => undefined,
    );
    return environment.lastOutput();
  }
  const secret = "ghs_canarycanarycanary";
  const stack = /^ +at .*\.[jt]s:\d+/m;
  const refused = () => {
    throw new Failure("EC2 refuses it: ask for another quota.", { cause: new Error(secret) });
  };

  const failures: [string, () => unknown, string][] = [
    ["a configuration that cannot be used", () => readConfiguration("local"), "longhaul:budget.monthlyUsd: "],
    ["a component's", refused, "error: EC2 refuses it: ask for another quota."],
    [
      "one behind an output",
      () => void pulumi.output(1).apply(refused),
      "EC2 refuses it: ask for another quota.",
    ],
  ];
  for (const [what, act, sentence] of failures) {
    it(`${what}: its sentence, without a stack and without its cause`, async () => {
      const output = await shown(act);
      expect(output).to.include(sentence).and.not.match(stack).and.not.include(secret);
    });
  }

  it("a fault: its stack", async () => {
    const output = await shown(() => {
      throw new Fault("two machines have one name");
    });
    expect(output).to.include("two machines have one name").and.match(stack);
  });
});
