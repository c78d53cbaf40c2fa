import { inspect } from "node:util";
import { expect } from "chai";
import { readAppCredentials } from "../../../config/app-credentials.ts";
import { awsProviderArgs, githubProviderArgs } from "../../../components/providers.ts";
import { loadConfiguration } from "../../../config/load.ts";
import { budgetStack, evaluateOnce, organizationStack, repositoryStack } from "./stack-program.ts";

const noFile = (path: string) =>
  Promise.reject(Object.assign(new Error(`ENOENT: ${path}`), { code: "ENOENT" }));
const app = { GITHUB_APP_ID: "1", GITHUB_APP_INSTALLATION_ID: "2" };
const key = "-----BEGIN RSA PRIVATE KEY-----\nx\n";

describe("the AWS provider", () => {
  it("works only in the configured account and region, and adds no tags", () => {
    const { aws } = loadConfiguration("dev", repositoryStack);
    expect(awsProviderArgs(aws)).to.deep.equal({
      region: "eu-central-1",
      allowedAccountIds: ["123456789012"],
    });
  });

  it("gets the configured endpoints under its own names for the services", () => {
    const endpoints = { ec2: "https://ec2.example.com", monitoring: "https://cw.example.com" };
    const { aws } = loadConfiguration("dev", {
      ...repositoryStack,
      aws: { ...(repositoryStack.aws as object), endpoints },
    });
    expect(awsProviderArgs(aws).endpoints).to.deep.equal([
      { ec2: "https://ec2.example.com", cloudwatch: "https://cw.example.com" },
    ]);
  });
});

describe("the GitHub provider", () => {
  const urls = {
    "https://github.com": "https://api.github.com/",
    "https://acme.ghe.com": "https://api.acme.ghe.com/",
    "https://github.example.com/": "https://github.example.com/",
  };
  for (const [url, baseUrl] of Object.entries(urls)) {
    it(`reaches ${url} at ${baseUrl}`, () => {
      const { github } = loadConfiguration("dev", {
        ...repositoryStack,
        github: { repository: "acme/app", url },
      });
      expect(githubProviderArgs(github, undefined)).to.deep.equal({ owner: "acme", baseUrl });
    });
  }

  it("retries a refused request for five seconds with an App, because its token is new at each run", () => {
    const { github } = loadConfiguration("dev", repositoryStack);
    const { retryableErrors, maxRetries, retryDelayMs } = githubProviderArgs(github, {
      id: "1",
      installationId: "2",
      privateKey: key,
    });
    expect(retryableErrors).to.deep.equal([401, 500, 502, 503, 504]);
    expect({ maxRetries, retryDelayMs }).to.deep.equal({ maxRetries: 5, retryDelayMs: undefined });
  });
});

describe("the environment's own providers", () => {
  for (const [title, raw] of Object.entries({ repositoryStack, organizationStack, budgetStack })) {
    it(`make and look up everything at AWS and GitHub, because the default ones know neither account nor App (${title})`, async () => {
      const { registrations, calls } = await evaluateOnce(raw);
      const all = [
        ...registrations
          .filter(({ custom }) => custom)
          .map(({ type, provider }) => ({ what: type, provider })),
        ...calls.map(({ token, provider }) => ({ what: token, provider })),
      ];
      for (const service of ["aws", "github"]) {
        const own = registrations.find(({ type }) => type === `pulumi:providers:${service}`)!.urn;
        const used = all.filter(({ what }) => what.startsWith(`${service}:`));
        expect(used.length).to.be.above(2);
        const others = used.filter(({ provider }) => !provider.startsWith(`${own}::`));
        expect(others).to.deep.equal([]);
      }
    });
  }
});

describe("the credentials of a GitHub App", () => {
  it("are absent if none are set, or if a token is set", async () => {
    expect(await readAppCredentials({}, noFile)).to.equal(undefined);
    const both = { ...app, GITHUB_APP_PEM_FILE: key, GITHUB_TOKEN: "x" };
    expect(await readAppCredentials(both, noFile)).to.equal(undefined);
  });

  it("contain the private key, from a variable with its text or with the path of its file", async () => {
    const expected = { id: "1", installationId: "2", privateKey: key };
    expect(await readAppCredentials({ ...app, GITHUB_APP_PEM_FILE: key }, noFile)).to.deep.equal(expected);
    const fromFile = await readAppCredentials({ ...app, GITHUB_APP_PEM_FILE: "/key.pem" }, (path) =>
      path === "/key.pem" ? Promise.resolve(key) : noFile(path),
    );
    expect(fromFile).to.deep.equal(expected);
  });

  it("are refused if a variable or the file is missing, and the message quotes neither", async () => {
    const failure = (environment: Record<string, string>) =>
      readAppCredentials(environment, noFile).then(
        () => "accepted",
        (error: unknown) => (error as Error).message,
      );
    expect(await failure(app)).to.match(/not set: GITHUB_APP_PEM_FILE\.$/);
    expect(await failure({ ...app, GITHUB_APP_PEM_FILE: "/gone" })).to.match(
      /neither a private key nor the path/,
    );
    // A key with a line before its beginning counts as a path, and the file system's error would quote it.
    const refusal = await readAppCredentials(
      { ...app, GITHUB_APP_PEM_FILE: "\n-----BEGIN canary" },
      noFile,
    ).catch((error: unknown) => error);
    expect(inspect(refusal)).to.include("(ENOENT)").and.not.include("canary");
  });
});
