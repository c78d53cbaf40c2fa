import { randomBytes } from "node:crypto";
import { expect } from "chai";
import type { EvaluationOptions, Registration } from "./harness.ts";
import { evaluateStack, repositoryStack } from "./stack-program.ts";
import type { Raw } from "./stack-program.ts";

/** Living machines, each with its own key for its disk. */
function machinesUnderKeys(count: number) {
  return Array.from({ length: count }, (_, index) => ({
    instanceId: `i-${index}`,
    state: "stopped",
    tags: {
      "longhaul:project": "longhaul",
      "longhaul:environment": "dev",
      "longhaul:runner": "dev-cloud-1",
      "longhaul:fingerprint": `f00d${index}`,
      "longhaul:disk-key": `arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-${String(index).padStart(12, "0")}`,
    },
  }));
}

/** Evaluates a stack that must be refused. */
async function refusalOf(raw: Raw, options: EvaluationOptions = {}) {
  const registrations: Registration[] = [];
  const message = await evaluateStack(raw, { ...options, registrations }).then(
    () => "nothing failed",
    (error: unknown) => (error as Error).message,
  );
  return { message, made: registrations.map(({ type }) => type).filter((type) => type.startsWith("aws:")) };
}

describe("a configuration that does not fit AWS's sizes", () => {
  it("is refused before anything is made if the disks' keys make the controller's policy too large", async () => {
    const { message, made } = await refusalOf(repositoryStack, { machines: machinesUnderKeys(120) });
    expect(message).to.match(
      /^The inline policies of the role dev-controller-\w+ have \d+ characters, and IAM takes 10240/,
    );
    expect(made).to.deep.equal([]);
  });

  it("is refused before anything is made if a fleet's user data is too large", async () => {
    const noise = `: ${randomBytes(16_384).toString("base64")}`;
    const raw = { ...repositoryStack, fleets: { cloud: {}, noisy: { bootSteps: [noise] } } };
    const { message, made } = await refusalOf(raw);
    expect(message).to.match(
      /^The user data of dev-noisy-1 takes \d+ bytes compressed, and EC2 takes at most 16384/,
    );
    expect(made).to.deep.equal([]);
  });
});
