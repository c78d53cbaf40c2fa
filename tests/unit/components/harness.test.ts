import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { evaluate } from "./harness.ts";

class Unexpected extends pulumi.CustomResource {}

/** What a program that must not pass throws. */
async function failureOf(program: () => unknown): Promise<string> {
  return evaluate(program).then(
    () => "nothing failed",
    (error: unknown) => (error as Error).message,
  );
}

describe("the harness", () => {
  it("fails for a resource of a type that nobody expected", async () => {
    const failure = await failureOf(() => new Unexpected("aws:ec2/spotFleetRequest:SpotFleetRequest", "x"));
    expect(failure).to.equal(
      "Nobody expected a resource of type aws:ec2/spotFleetRequest:SpotFleetRequest (x).",
    );
  });

  it("fails for a function that nobody expected, also when nobody awaits it", async () => {
    const failure = await failureOf(() => {
      void pulumi.runtime.invoke("aws:ec2/getAmi:getAmi", {}).catch(() => undefined);
    });
    expect(failure).to.equal("Nobody expected a call of aws:ec2/getAmi:getAmi.");
  });
});
