import { expect } from "chai";
import fc from "fast-check";
import { evaluate } from "../../../local/aws/iam.ts";
import type { RequestContext, Statement, PolicyVerdict } from "../../../local/aws/iam.ts";

const allow = (more: Partial<Statement> = {}): Statement => ({
  Effect: "Allow",
  Action: "ssm:GetParameter",
  Resource: "*",
  ...more,
});
const deny = (more: Partial<Statement> = {}): Statement => ({ ...allow(more), Effect: "Deny" });

function verdict(statements: Statement[], context: RequestContext = {}): PolicyVerdict {
  const request = { action: "ssm:GetParameter", resource: "arn:aws:ssm:r:1:parameter/a/b", context };
  return evaluate([{ Version: "2012-10-17", Statement: statements }], request);
}

describe("IAM's verdict", () => {
  const statements: [string, Statement[], PolicyVerdict][] = [
    ["nothing is permitted without a statement", [], "no allow"],
    ["an allow permits its action", [allow()], "allowed"],
    ["an allow of another action permits nothing", [allow({ Action: "ssm:PutParameter" })], "no allow"],
    ["actions can contain wildcards", [allow({ Action: ["ec2:*", "ssm:Get*"] })], "allowed"],
    ["actions ignore case", [allow({ Action: "SSM:getparameter" })], "allowed"],
    ["a longer action is another action", [allow({ Action: "ssm:GetParam" })], "no allow"],
    [
      "resources can contain wildcards",
      [allow({ Resource: ["x", "arn:aws:ssm:*:*:parameter/a/?"] })],
      "allowed",
    ],
    ["resources respect case", [allow({ Resource: "arn:aws:ssm:r:1:parameter/A/b" })], "no allow"],
    ["a dot in a resource is a dot", [allow({ Resource: "arn.aws:ssm:r:1:parameter/a/b" })], "no allow"],
    ["a deny beats an allow", [allow(), deny()], "explicit deny"],
    ["a deny of another action denies nothing", [allow(), deny({ Action: "ssm:Put*" })], "allowed"],
  ];
  for (const [rule, given, wanted] of statements) {
    it(rule, () => {
      expect(verdict(given)).to.equal(wanted);
    });
  }

  it("reads the same text as each operator reads it", () => {
    const text = "arn:aws:*:1:instance/x";
    const holds = (operator: string, value: string) =>
      verdict([allow({ Condition: { [operator]: { k: text } } })], { k: value }) === "allowed";
    for (let times = 0; times < 2; times++) {
      expect(holds("StringLike", "arn:aws:ec2:r:1:instance/x")).to.equal(true);
      expect(holds("ArnLike", "arn:aws:ec2:r:1:instance/x")).to.equal(false);
      expect(holds("StringEquals", text)).to.equal(true);
      expect(holds("StringEquals", "arn:aws:ec2:r:1:instance/x")).to.equal(false);
      expect(holds("StringEqualsIgnoreCase", text.toUpperCase())).to.equal(true);
    }
  });

  const self = { "ec2:SourceInstanceARN": "arn:aws:ec2:r:1:instance/i-1" };
  const tagged = (id: string) => ({ ...self, "aws:ResourceTag/longhaul:instance": id });
  const own = {
    ArnEquals: { "ec2:SourceInstanceARN": "arn:aws:ec2:*:*:instance/${aws:ResourceTag/longhaul:instance}" },
  };
  const keys = { "ForAllValues:StringEquals": { "aws:TagKeys": ["a", "b"] } };
  const some = { "ForAnyValue:StringEquals": { "aws:TagKeys": ["a"] } };
  const conditions: [string, NonNullable<Statement["Condition"]>, RequestContext, boolean][] = [
    ["StringEquals takes any of its values", { StringEquals: { k: ["x", "y"] } }, { k: "y" }, true],
    ["StringEquals has no wildcards", { StringEquals: { k: "x*" } }, { k: "xy" }, false],
    ["StringEquals needs the key", { StringEquals: { k: "x" } }, {}, false],
    ["condition keys ignore case", { StringEquals: { "AWS:K": "x" } }, { "aws:k": "x" }, true],
    ["all keys of a condition must hold", { StringEquals: { k: "x", l: "y" } }, { k: "x", l: "z" }, false],
    ["all operators must hold", { StringEquals: { k: "x" }, StringLike: { k: "y*" } }, { k: "x" }, false],
    [
      "StringNotEquals holds for none of its values",
      { StringNotEquals: { k: ["x", "y"] } },
      { k: "y" },
      false,
    ],
    ["StringNotEquals holds without the key", { StringNotEquals: { k: "x" } }, {}, true],
    ["StringLike has wildcards", { StringLike: { k: "a?c*" } }, { k: "abcdef" }, true],
    [
      "StringEqualsIgnoreCase ignores case",
      { StringEqualsIgnoreCase: { k: "Terminate" } },
      { k: "tERMINATE" },
      true,
    ],
    [
      "ArnLike's wildcard stays in its part",
      { ArnLike: { k: "arn:aws:*:1:instance/x" } },
      { k: "arn:aws:ec2:r:1:instance/x" },
      false,
    ],
    [
      "ArnLike's wildcard covers its part",
      { ArnLike: { k: "arn:aws:*:*:*:instance/*" } },
      { k: "arn:aws:ec2:r:1:instance/x:y" },
      true,
    ],
    ["Bool compares words", { Bool: { k: true } }, { k: "True" }, true],
    ["Null true requires that the key is absent", { Null: { k: "true" } }, { k: "x" }, false],
    ["Null false requires that the key is present", { Null: { k: "false" } }, {}, false],
    ["Null treats an empty list as absent", { Null: { k: "false" } }, { k: [] }, false],
    ["IfExists holds without the key", { StringEqualsIfExists: { k: "x" } }, {}, true],
    ["ForAllValues requires that every value is listed", keys, { "aws:TagKeys": ["a", "c"] }, false],
    ["ForAllValues accepts a part of the list", keys, { "aws:TagKeys": ["b"] }, true],
    ["ForAllValues holds without any value", keys, {}, true],
    ["ForAnyValue requires that one value is listed", some, { "aws:TagKeys": ["c", "a"] }, true],
    ["ForAnyValue fails without any value", some, {}, false],
    ["a variable is the request's value", own, tagged("i-1"), true],
    ["a variable with another value does not match", own, tagged("i-2"), false],
    ["a variable without a value fails the condition", own, self, false],
    ["a wildcard inside a variable's value is a letter", own, tagged("*"), false],
    [
      "a negated operator fails, too, on a variable without a value",
      { StringNotEquals: { k: "${none}" } },
      { k: "x" },
      false,
    ],
    ["${*} is an asterisk", { StringLike: { k: "a${*}b" } }, { k: "axb" }, false],
  ];
  for (const [rule, Condition, context, holds] of conditions) {
    it(rule, () => {
      expect(verdict([allow({ Condition })], context)).to.equal(holds ? "allowed" : "no allow");
    });
  }

  it("refuses what it does not know", () => {
    const unknown = { ...allow(), NotAction: "x" } as Statement;
    expect(() => verdict([unknown])).to.throw("NotAction");
    expect(() => verdict([allow({ Condition: { DateLessThan: { k: "x" } } })])).to.throw("DateLessThan");
  });

  it("a deny of everything leaves nothing permitted, whatever is allowed", () => {
    const any = fc.record({
      Action: fc.constantFrom("*", "ssm:*", "ssm:GetParameter"),
      Resource: fc.constantFrom("*", "arn:*"),
    });
    fc.assert(
      fc.property(fc.array(any), (given) => {
        expect(verdict([...given.map((each) => allow(each)), deny({ Action: "*" })])).to.equal(
          "explicit deny",
        );
      }),
    );
  });

  it("a text without wildcards matches itself alone", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (a, b) => {
        fc.pre(!/[*?$]/.test(a));
        const answer = verdict([allow({ Condition: { StringLike: { k: a } } })], { k: b });
        expect(answer === "allowed").to.equal(a === b);
      }),
    );
  });
});
