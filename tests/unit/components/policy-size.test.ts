import { expect } from "chai";
import { controllerStatements } from "../../../components/fleet-controller/controller-policy.ts";
import { checkInlinePolicies, checkManagedPolicy } from "../../../components/iam/policy-size.ts";
import { document } from "../../../components/iam/policy.ts";
import type { PolicyDocument } from "../../../components/iam/policy.ts";
import { rolePolicies } from "../../../components/sizes/role-policies.ts";
import { loadConfiguration } from "../../../config/load.ts";
import { evaluate } from "../../../local/aws/iam.ts";
import { graphOf } from "./graph.ts";
import { evaluateOnce, organizationStack, repositoryStack } from "./stack-program.ts";

const aws = loadConfiguration("dev", organizationStack).aws;

/** Everything that makes a policy longer, and many fleets. */
const large = {
  ...organizationStack,
  fleets: Object.fromEntries(
    Array.from({ length: 20 }, (_, index) => [`integration-tests-${index}`, { labels: [`tests-${index}`] }]),
  ),
  wakeOnDemand: { enabled: true, app: { id: 7, installationId: 70 } },
  budget: { monthlyUsd: 600 },
};

describe("the size of policies", () => {
  it("is within IAM's limits, whatever the number of fleets", async () => {
    const graph = graphOf(await evaluateOnce(large));
    const byRole = new Map<string, number>();
    for (const { inputs } of graph.ofType("RolePolicy")) {
      const { role, policy } = inputs as { role: string; policy: string };
      byRole.set(role, (byRole.get(role) ?? 0) + policy.length);
    }
    // These are the fleets' roles and those of the controller, the receiver, the clock and the budget.
    expect(byRole.size).to.equal(24);
    for (const [role, size] of byRole) expect(size, role).to.be.below(5_000);
    for (const { inputs, name } of graph.ofType("Policy")) {
      expect((inputs.policy as string).length, name).to.be.below(3_000);
    }
    for (const { inputs, name } of graph.ofType("Role")) {
      expect((inputs.assumeRolePolicy as string).length, name).to.be.below(1_000);
    }
  });

  it("lets the controller read every fleet's lists, overrides and limits, write its power, and nothing else", () => {
    const policy = document(controllerStatements("dev", aws, []));
    const may = (action: string, name: string) =>
      evaluate([policy], {
        action,
        resource: `arn:aws:ssm:eu-central-1:123456789012:parameter${name}`,
        context: {},
      }) === "allowed";
    for (const kind of ["candidates", "roster", "power", "override", "limits"]) {
      expect(may("ssm:GetParameters", `/longhaul/dev/any-fleet/${kind}`), kind).to.equal(true);
      expect(may("ssm:PutParameter", `/longhaul/dev/any-fleet/${kind}`), kind).to.equal(kind === "power");
    }
    for (const name of [
      "/longhaul/dev/cloud/tokens/i-0123456789abcdef0",
      "/longhaul/dev/cloud/software/0123456789/0",
      "/longhaul/dev/cloud/known-machines",
      "/longhaul/dev/webhook/secret",
      "/longhaul/dev/github/app-key",
      "/longhaul/dev-eu/cloud/power",
      "/longhaul/prod/cloud/power",
    ]) {
      expect(may("ssm:GetParameters", name), name).to.equal(false);
      expect(may("ssm:PutParameter", name), name).to.equal(false);
    }
  });

  it("is measured for every policy that the components make", async () => {
    for (const raw of [repositoryStack, large]) {
      const graph = graphOf(await evaluateOnce(raw));
      const diskKeys = raw === large ? [aws.kmsKeyArn!] : [];
      const measured = rolePolicies("dev", loadConfiguration("dev", raw), diskKeys);
      const made = new Map<string, PolicyDocument[]>();
      for (const { inputs } of graph.ofType("RolePolicy")) {
        const { role, policy } = inputs as { role: string; policy: string };
        made.set(role, [...(made.get(role) ?? []), JSON.parse(policy) as PolicyDocument]);
      }
      expect(Object.fromEntries(measured)).to.deep.equal(Object.fromEntries(made));
    }
  });

  it("is refused if a role's policies together would be too large, with the statement that takes the room", () => {
    const keys = Array.from({ length: 120 }, (_, index) => `${aws.kmsKeyArn!.slice(0, -3)}${100 + index}`);
    const policy = document(controllerStatements("dev", aws, keys));
    expect(() => {
      checkInlinePolicies("dev-controller", [policy]);
    }).to.throw(
      /^The inline policies of the role dev-controller have \d+ characters, and IAM takes 10240.*LendTheDisksKeyToEc2.*for 120 resources/,
    );
    const half: PolicyDocument = document(controllerStatements("dev", aws, keys.slice(0, 60)));
    checkInlinePolicies("dev-controller", [half]);
    expect(() => {
      checkInlinePolicies("dev-controller", [half, half]);
    }, "both count").to.throw("IAM takes 10240");
    expect(() => {
      checkManagedPolicy("denial", half);
    }).to.throw("The policy denial has");
  });
});
