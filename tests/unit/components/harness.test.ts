import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { evaluate } from "./harness.ts";

class Unexpected extends pulumi.CustomResource {}

/** The error of a program that must fail. */
async function failureOf(program: () => unknown): Promise<string> {
  return evaluate(program).then(
    () => "nothing failed",
    (error: unknown) => (error as Error).message,
  );
}

describe("the harness", () => {
  it("fails for a resource of an unexpected type", async () => {
    const failure = await failureOf(() => new Unexpected("aws:ec2/spotFleetRequest:SpotFleetRequest", "x"));
    expect(failure).to.equal(
      "The mocked cloud has no resources of type aws:ec2/spotFleetRequest:SpotFleetRequest (x).",
    );
  });

  it("fails for a call of an unexpected function, even if the program does not await it", async () => {
    const failure = await failureOf(() => {
      void pulumi.runtime.invoke("aws:ec2/getAmi:getAmi", {}).catch(() => undefined);
    });
    expect(failure).to.equal("The mocked cloud has no function aws:ec2/getAmi:getAmi.");
  });
});
