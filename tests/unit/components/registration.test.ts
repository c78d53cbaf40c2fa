import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { RunnerRegistration } from "../../../components/runner-registration/runner-registration.ts";
import { loadConfiguration } from "../../../config/load.ts";
import { graphOf, requestOf } from "./graph.ts";
import { evaluate } from "./harness.ts";
import { evaluateOnce, evaluateStack, organizationStack, repositoryStack } from "./stack-program.ts";

const tokenCalls = (calls: { token: string }[]) =>
  calls.map(({ token }) => token).filter((token) => token.includes("RegistrationToken"));

describe("runners of one repository", () => {
  it("have their labels in a variable of the repository, self-hosted first", async () => {
    const graph = graphOf(await evaluateOnce(repositoryStack));
    expect(graph.one("ActionsVariable", "dev-cloud").inputs).to.deep.equal({
      repository: "app",
      variableName: "LONGHAUL_DEV_CLOUD",
      value: '["self-hosted","cloud","extended-timeout"]',
    });
    expect(graph.ofType("ActionsRunnerGroup")).to.deep.equal([]);
  });

  it("are tested by a workflow in that repository", async () => {
    const { smoke } = requestOf(graphOf(await evaluateOnce(repositoryStack)).one("Command", /-workflow$/));
    expect(smoke).to.deep.equal({ owner: "acme", repository: "app", workflow: "longhaul-smoke-dev.yml" });
  });

  it("register with one token of the repository for all of them", async () => {
    const { calls } = await evaluateStack({
      ...repositoryStack,
      fleets: { cloud: { runners: 3 }, large: {} },
    });
    expect(tokenCalls(calls)).to.deep.equal([
      "github:index/getActionsRegistrationToken:getActionsRegistrationToken",
    ]);
    expect(calls.find(({ token }) => token.includes("Token"))?.inputs).to.deep.equal({ repository: "app" });
  });
});

describe("a registration token", () => {
  for (const [title, raw] of Object.entries({ repositoryStack, organizationStack })) {
    it(`is marked as a secret by the component, because the provider does not do so (${title})`, async () => {
      const args = { environment: "dev", configuration: loadConfiguration("dev", raw) };
      const { result } = await evaluate(() => new RunnerRegistration("dev", args).token);
      expect(await pulumi.isSecret(result)).to.equal(true);
    });
  }
});

describe("runners of an organisation", () => {
  it("are in a group that only the allowed repositories can use, in the order of their ids", async () => {
    const graph = graphOf(await evaluateOnce(organizationStack));
    expect(graph.one("ActionsRunnerGroup", "dev").inputs).to.deep.equal({
      name: "long jobs",
      visibility: "selected",
      selectedRepositoryIds: [9, 30, 101],
      allowsPublicRepositories: false,
    });
  });

  it("have their labels in a variable that the same repositories can read", async () => {
    const graph = graphOf(await evaluateOnce(organizationStack));
    expect(graph.one("ActionsOrganizationVariable", "dev-arm").inputs).to.deep.equal({
      variableName: "LONGHAUL_DEV_ARM",
      value: '["self-hosted","arm-cloud"]',
      visibility: "selected",
      selectedRepositoryIds: [9, 30, 101],
    });
  });

  it("register with one token of the organisation", async () => {
    const { calls } = await evaluateOnce(organizationStack);
    expect(tokenCalls(calls)).to.deep.equal([
      "github:index/getActionsOrganizationRegistrationToken:getActionsOrganizationRegistrationToken",
    ]);
  });

  it("are in the default group if none is configured, and no repository is looked up", async () => {
    const raw = {
      ...repositoryStack,
      github: { organization: "acme" },
      smokeTest: { repository: "tools" },
    };
    const { registrations, calls } = await evaluateStack(raw);
    const graph = graphOf({ registrations });
    expect(graph.ofType("ActionsRunnerGroup")).to.deep.equal([]);
    expect(graph.one("ActionsOrganizationVariable", "dev-cloud").inputs).to.include({
      visibility: "private",
    });
    expect(calls.filter(({ token }) => token.includes("getRepository"))).to.deep.equal([]);
  });
});
