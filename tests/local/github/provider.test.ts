import { expect } from "chai";
import { connector } from "../../../local/github/provider/client.ts";
import type { Properties, ResourceType } from "../../../local/provider.ts";
import { acme, refusal, startGithub } from "./cloud.ts";
import type { StartedGithub } from "./cloud.ts";
import { register } from "./scripted-runner.ts";

const configuration = { owner: "acme", token: "local-github-token", retryDelayMs: 1 };

describe("the local GitHub as a Pulumi provider", () => {
  let cloud: StartedGithub;
  beforeEach(async () => {
    cloud = await startGithub();
  });
  afterEach(() => cloud.close());
  const type = (name: string): ResourceType => cloud.github.provider.types[`github:index/${name}`]!;
  const invoke = (name: string, args: Properties, settings: Properties = configuration) =>
    cloud.github.provider.functions[`github:index/${name}:${name}`]!(args, settings);

  const resources: {
    token: string;
    inputs: Properties;
    change: Properties;
    id: RegExp;
    outputs: string[];
  }[] = [
    {
      token: "actionsVariable:ActionsVariable",
      inputs: { repository: "app", variableName: "LABELS", value: "a" },
      change: { value: "b" },
      id: /^app:LABELS$/,
      outputs: ["createdAt", "updatedAt"],
    },
    {
      token: "actionsOrganizationVariable:ActionsOrganizationVariable",
      inputs: { variableName: "LABELS", value: "a", visibility: "all" },
      change: { value: "b", visibility: "private" },
      id: /^LABELS$/,
      outputs: ["createdAt", "updatedAt"],
    },
    {
      token: "actionsRunnerGroup:ActionsRunnerGroup",
      inputs: {
        name: "g",
        visibility: "selected",
        selectedRepositoryIds: [],
        allowsPublicRepositories: false,
      },
      change: { name: "h" },
      id: /^\d+$/,
      outputs: ["default", "inherited", "runnersUrl", "selectedRepositoriesUrl"],
    },
    ...["repositoryWebhook:RepositoryWebhook", "organizationWebhook:OrganizationWebhook"].map((token) => ({
      token,
      inputs: {
        ...(token.startsWith("repository") && { repository: "app" }),
        active: true,
        events: ["workflow_job"],
        configuration: { url: "http://127.0.0.1:1/", contentType: "json", insecureSsl: false, secret: "s" },
      },
      change: {
        configuration: { url: "http://127.0.0.1:2/", contentType: "json", insecureSsl: false, secret: "t" },
      },
      id: /^\d+$/,
      outputs: ["url", "etag"],
    })),
  ];
  for (const { token, inputs, change, id, outputs } of resources) {
    it(`creates, reads without a change, updates and deletes ${token}`, async () => {
      const resource = type(token);
      const made = await resource.create(inputs, configuration);
      expect(made.id).to.match(id);
      expect(made.state).to.deep.include(inputs).and.to.include.keys(outputs);
      expect(await resource.read(made.id, made.state, configuration)).to.deep.equal(made.state);
      const changed = await resource.update!(
        made.id,
        made.state,
        { ...inputs, ...change },
        configuration,
        Object.keys(change),
      );
      expect(changed).to.deep.include(change);
      expect(await resource.read(made.id, changed, configuration)).to.deep.equal(changed);
      expect(Object.keys(change).some((key) => resource.replaceOn?.includes(key))).to.equal(false);
      await resource.delete(made.id, changed, configuration);
      expect(await resource.read(made.id, changed, configuration)).to.equal(undefined);
      await resource.delete(made.id, changed, configuration);
    });
  }

  it("sees what was changed outside the program", async () => {
    const variable = type("actionsVariable:ActionsVariable");
    const inputs = { repository: "app", variableName: "LABELS", value: "mine" };
    const made = await variable.create(inputs, configuration);
    await cloud.octokit.rest.actions.updateRepoVariable({ ...acme, name: "LABELS", value: "theirs" });
    expect(await variable.read(made.id, made.state, configuration)).to.include({ value: "theirs" });
  });

  it("fetches registration tokens that work, for a repository and for the organisation", async () => {
    const forRepository = await invoke("getActionsRegistrationToken", { repository: "app" });
    expect(forRepository.expiresAt).to.be.closeTo(cloud.clock.now() / 1000 + 3600, 5);
    expect((await register(cloud, "one", { token: forRepository.token as string })).status).to.equal(200);
    const { token } = await invoke("getActionsOrganizationRegistrationToken", {});
    expect((await register(cloud, "two", { token: token as string, scope: "acme" })).status).to.equal(200);
  });

  it("looks repositories up, by name, by full name and by query", async () => {
    expect(await invoke("getRepository", { name: "app" })).to.include({
      fullName: "acme/app",
      defaultBranch: "main",
    });
    const { repoId } = await invoke("getRepository", { fullName: "acme/app" });
    const found = await invoke("getRepositories", { query: "org:acme", includeRepoId: true });
    expect(found).to.deep.include({ fullNames: ["acme/app"], repoIds: [repoId] });
  });

  it("works only with a valid token", async () => {
    const get = (token?: string) =>
      invoke("getRepository", { name: "app" }, { owner: "acme", ...(token ? { token } : {}) });
    expect((await refusal(get("wrong"))).message).to.match(/GET \/repos\/acme\/app: 401 Bad credentials/);
    expect((await refusal(get())).message).to.match(/401 Requires authentication/);
    const seeded = await startGithub({ providerToken: "local-github-token" });
    try {
      const call = seeded.github.provider.functions["github:index/getRepository:getRepository"]!;
      expect(await call({ name: "app" }, {})).to.include({ name: "app" });
    } finally {
      await seeded.close();
    }
  });

  it("retries three times when GitHub fails, and then gives up", async () => {
    cloud.github.faults.add({ kind: "answer", status: 502, times: 3 });
    expect(await invoke("getRepository", { name: "app" })).to.include({ name: "app" });
    cloud.github.faults.add({ kind: "answer", status: 500 });
    expect((await refusal(invoke("getRepository", { name: "app" }))).message).to.match(/500/);
  });

  it("retries the errors that its configuration names, as often as it says", async () => {
    const settings = { ...configuration, retryableErrors: [401], maxRetries: 5 };
    cloud.github.faults.add({ kind: "answer", status: 401, times: 5 });
    expect(await invoke("getRepository", { name: "app" }, settings)).to.include({ name: "app" });
    cloud.github.faults.add({ kind: "answer", status: 401 });
    expect((await refusal(invoke("getRepository", { name: "app" }, settings))).message).to.match(/401/);
  });

  it("names call and status if the answer is not a JSON object", async () => {
    for (const [text, status, why] of [
      ["Not here", 404, "Not here"],
      ["<html>", 200, "the answer is not a JSON object"],
      ["[]", 200, "the answer is not a JSON object"],
    ] as const) {
      const connect = connector({
        request: () => Promise.resolve(new Response(text, { status })),
        owner: "acme",
        token: undefined,
        sleep: () => Promise.resolve(),
      });
      const error = await refusal(connect({}).call("GET", "/repos/acme/app"));
      expect(error.message).to.equal(`GET /repos/acme/app: ${status} ${why}`);
    }
  });

  it("waits for as long as a rate limit says, and otherwise for as long as its configuration does", async () => {
    const slept: number[] = [];
    const limited = { status: 403, headers: { "retry-after": "7" } };
    const answers = [new Response("{}", limited), new Response("{}", { status: 502 }), new Response("{}")];
    const connect = connector({
      request: () => Promise.resolve(answers.shift()!),
      owner: "acme",
      token: undefined,
      sleep: (milliseconds) => {
        slept.push(milliseconds);
        return Promise.resolve();
      },
    });
    await connect({ retryDelayMs: 20 }).call("GET", "/repos/acme/app");
    expect(slept).to.deep.equal([7000, 20]);
  });
});
