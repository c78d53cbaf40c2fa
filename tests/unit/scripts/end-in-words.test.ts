import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect } from "chai";

const project = join(import.meta.dirname, "../../..");

describe("a script that fails", () => {
  const ended = (what: string) => {
    const program = `
      import "./scripts/end-in-words.ts";
      import { Failure, Fault } from "./contract/failure.ts";
      await Promise.resolve();
      throw ${what};
    `;
    const words = ["--import", "tsx", "--input-type=module", "--eval", program];
    const { status, stderr } = spawnSync(process.execPath, words, { cwd: project, encoding: "utf8" });
    return { status, stderr };
  };

  it("prints what it needs as a sentence", () => {
    const failure = `new Failure("It needs python3.", { cause: new Error("behind it") })`;
    expect(ended(failure)).to.deep.equal({ status: 1, stderr: "It needs python3.\n" });
  });

  it("prints the stack of a fault", () => {
    const { status, stderr } = ended(`new Fault("two tables are one")`);
    expect(status).to.equal(1);
    expect(stderr).to.match(/^(Fault|Error): two tables are one\n +at /);
  });
});
