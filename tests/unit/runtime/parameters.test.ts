import { expect } from "chai";
import { Failure } from "../../../contract/failure.ts";
import { parameterIn, parametersIn } from "../../../runtime/aws/parameters.ts";

describe("an answer of SSM", () => {
  const two = {
    Parameters: [
      { Name: "/a", Value: "1" },
      { Name: "/b", Value: "2" },
    ],
  };

  it("has the values of existing parameters by name", () => {
    expect(parametersIn({ ...two, InvalidParameters: ["/c"] })).to.deep.equal(
      new Map([
        ["/a", "1"],
        ["/b", "2"],
      ]),
    );
    expect(parametersIn({ Parameters: [], InvalidParameters: ["/c"] })).to.deep.equal(new Map());
    expect(parameterIn({ Parameter: { Name: "/a", Type: "SecureString", Value: "1" } })).to.equal("1");
  });

  const bad: readonly [string, unknown][] = [
    ["Parameters is missing", {}],
    ["it must be an object and is null", null],
    ["it is missing", undefined],
    ["Parameters must be a list and is an object", { Parameters: {} }],
    ["Parameters.1.Name is missing", { Parameters: [two.Parameters[0], { Value: "canary" }] }],
    [
      "Parameters.0.Value must be a text and is something else",
      { Parameters: [{ Name: "/a", Value: ["canary"] }] },
    ],
  ];
  for (const [sentence, answer] of bad)
    it(`is refused with the reason and without its values: ${sentence}`, () => {
      expect(() => parametersIn(answer))
        .to.throw(Failure, `SSM's answer cannot be used: ${sentence}. Another server may answer`)
        .with.property("message")
        .not.match(/canary/);
    });

  it("is refused if the requested parameter has no value", () => {
    expect(() => parameterIn({})).to.throw(Failure, "Parameter is missing");
    expect(() => parameterIn({ Parameter: { Value: 7 } })).to.throw(
      Failure,
      "Parameter.Value must be a text",
    );
  });
});
