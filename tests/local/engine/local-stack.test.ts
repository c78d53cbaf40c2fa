import { expect } from "chai";
import { Failure } from "../../../contract/failure.ts";
import { projectNameIn } from "../../../local/engine/local-stack.ts";

describe("the project's name in Pulumi.yaml", () => {
  it("is read as text", () => {
    expect(projectNameIn("name: ours # of the platform team\nruntime: nodejs\n")).to.equal("ours");
    expect(projectNameIn('name: "2026"\n')).to.equal("2026");
  });

  for (const [what, text, sentence] of [
    ["is missing", "runtime: nodejs\n", "name is missing"],
    ["is a number", "name: 2026\n", "name must be a text and is 2026"],
    ["is a list", "name: [ours]\n", "name must be a text and is a list of 1"],
    ["is in an empty file", "", "it must be an object and is null"],
  ] as const) {
    it(`is refused if it ${what}`, () => {
      expect(() => projectNameIn(text))
        .to.throw(Failure, "Pulumi.yaml cannot be used")
        .with.property("message")
        .include(sentence)
        .and.include("Give the project a name there.");
    });
  }
});
