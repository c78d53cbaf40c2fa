import { expect } from "chai";
import { readIdentityPolicy, readStatements } from "../../../local/aws/read-policy.ts";

const statement = { Sid: "own", Effect: "Allow", Action: "ssm:GetParameter", Resource: ["a", "b"] };
const trust = { Effect: "Allow", Action: ["sts:AssumeRole"], Principal: { Service: "ec2.amazonaws.com" } };

describe("a policy in the local AWS", () => {
  it("is read as it is written: as JSON or as a value, with one statement or several", () => {
    for (const written of [statement, [statement]]) {
      const policy = { Version: "2012-10-17", Statement: written };
      expect(readIdentityPolicy(policy)).to.deep.equal({ Statement: [statement] });
      expect(readIdentityPolicy(JSON.stringify(policy))).to.deep.equal({ Statement: [statement] });
    }
    const conditional = { ...trust, Condition: { StringEquals: { "aws:SourceAccount": "1" } } };
    expect(readStatements({ Statement: [trust, conditional] })).to.deep.equal([trust, conditional]);
  });

  const bad: readonly [string, unknown][] = [
    ["The policy is not a JSON object", "{"],
    ["The policy is not a JSON object", "[]"],
    ["The policy is not a JSON object", undefined],
    ["Statement 1 is not an object", {}],
    ["Statement 2 is not an object", { Statement: [statement, "own"] }],
    ["Statement 1 has no Effect of Allow or Deny", { Statement: { ...statement, Effect: "allow" } }],
    ["Statement 1 has no Action", { Statement: { ...statement, Action: undefined } }],
    ["Statement 1 has no Action", { Statement: { ...statement, Action: [7] } }],
    ["Statement 1 has a Resource that is not text", { Statement: { ...statement, Resource: { a: 1 } } }],
    [
      "Statement 1 has a Condition of another form",
      { Statement: { ...statement, Condition: { Bool: "true" } } },
    ],
    ["Statement 1 has no Resource", { Statement: trust }],
  ];
  for (const [sentence, policy] of bad)
    it(`is refused: ${sentence}, as in ${JSON.stringify(policy)}`, () => {
      expect(() => readIdentityPolicy(policy)).to.throw(`MalformedPolicyDocument: ${sentence}.`);
    });
});
