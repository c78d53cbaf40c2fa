import { expect } from "chai";
import { graphOf } from "./graph.ts";
import { valueOf } from "./harness.ts";
import { canaries } from "./mock-cloud.ts";
import { evaluateStack, organizationStack, repositoryStack } from "./stack-program.ts";

/** Pulumi's mark of a wrapped secret. */
const secretKey = "4dabf18193072939515e22adb298388d";

/** A request's inputs as the engine would store them, without the values in wrappers. */
function inTheClear(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inTheClear);
  if (typeof value !== "object" || value === null) return value;
  if (secretKey in value) return "[secret]";
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, inTheClear(entry)]));
}

const credentials = {
  GITHUB_APP_ID: "12",
  GITHUB_APP_INSTALLATION_ID: "34",
  GITHUB_APP_PEM_FILE: canaries.appKey,
  AWS_SECRET_ACCESS_KEY: "CANARY-aws-secret",
};

describe("secrets", () => {
  for (const [title, raw] of Object.entries({ repositoryStack, organizationStack })) {
    for (const preview of [false, true]) {
      it(`are in no request in plain text (${title}${preview ? ", preview" : ""})`, async () => {
        const { registrations, calls, result } = await evaluateStack(raw, {
          variables: credentials,
          preview,
        });
        const clear = JSON.stringify(registrations.map(({ inputs }) => inTheClear(inputs)));
        expect(clear).to.include("[secret]");
        expect(clear).not.to.include("CANARY");
        expect(JSON.stringify(calls)).not.to.include("CANARY");
        expect(Object.keys(result)).to.deep.equal(["machines", "smoke", "fleets", "follow", "alarmTopic"]);
      });
    }
  }

  it("of the environment are not in a provider's inputs", async () => {
    const { registrations } = await evaluateStack(repositoryStack, {
      variables: { ...credentials, GITHUB_TOKEN: "CANARY-github-token" },
    });
    const { inputs } = registrations.find(({ type }) => type === "pulumi:providers:github")!;
    expect(inputs).to.deep.equal({ baseUrl: "https://api.github.com/", owner: "acme" });
  });

  it("are sent where they are needed: the token in its parameter, the App's key to the provider", async () => {
    const graph = graphOf(await evaluateStack(repositoryStack, { variables: credentials }));
    const token = graph.one("Parameter", /^dev-cloud-1-/).inputs.value;
    expect(token).to.have.property(secretKey);
    expect(token).to.have.property("value", canaries.registrationToken);
    expect(JSON.stringify(graph.one("github", "dev").inputs)).to.include("CANARY-app-key");
    const carriers = graph.all.filter(({ inputs }) => JSON.stringify(inputs).includes("CANARY"));
    expect(carriers.map(({ type }) => type.split(":").at(-1))).to.have.members(["github", "Parameter"]);
  });

  it("are not among the stack's outputs", async () => {
    const { result } = await evaluateStack(organizationStack, { variables: credentials });
    const values = await Promise.all([
      ...result.machines.flatMap(({ instanceId, name }) => [valueOf(instanceId), valueOf(name)]),
      valueOf(result.smoke),
      valueOf(result.follow),
    ]);
    expect(values).not.to.include(undefined);
    expect(JSON.stringify([values, result.fleets])).not.to.include("CANARY");
  });
});
