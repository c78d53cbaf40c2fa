import { expect } from "chai";
import { Failure } from "../../../contract/failure.ts";
import { instanceCredentials } from "../../../runtime/aws/credentials.ts";
import { sendHttp } from "../../../runtime/aws/http.ts";
import { metadataReader } from "../../../runtime/aws/metadata.ts";
import type { ReceivedRequest, ScriptedServer } from "./http-server.ts";
import { startServer } from "./http-server.ts";

describe("the instance metadata", () => {
  let server: ScriptedServer | undefined;
  afterEach(() => server?.close());

  it("is read with a session token, which is replaced once it has expired", async () => {
    let session = "first";
    server = await startServer((request) => {
      if (request.method === "PUT") return { body: session };
      const { "x-aws-ec2-metadata-token": given } = request.headers;
      return given === session ? { body: "i-1" } : { status: 401 };
    });
    const read = metadataReader(server.url, sendHttp);
    expect(await read("meta-data/instance-id")).to.equal("i-1");
    expect(await read("meta-data/instance-id")).to.equal("i-1");
    session = "second";
    expect(await read("meta-data/instance-id")).to.equal("i-1");
    const tokens = server.requests.filter(({ method }: ReceivedRequest) => method === "PUT");
    expect(tokens).to.have.length(2);
    expect(tokens[0]!.headers["x-aws-ec2-metadata-token-ttl-seconds"]).to.equal("21600");
  });

  it("is an error with the path if the path does not exist", async () => {
    server = await startServer(({ method }) => (method === "PUT" ? { body: "t" } : { status: 404 }));
    const read = metadataReader(server.url, sendHttp);
    const error = await read("meta-data/none").catch((reason: unknown) => reason);
    expect((error as Error).message).to.equal("The metadata service answered 404 for meta-data/none.");
  });
});

describe("the role's credentials", () => {
  const answer = (serial: number, expiresAt: number) =>
    JSON.stringify({
      Code: "Success",
      AccessKeyId: `ASIA${serial}`,
      SecretAccessKey: "secret",
      Token: "token",
      Expiration: new Date(expiresAt).toISOString(),
    });

  function roleOf(give: (serial: number) => string) {
    let asked = 0;
    const read = (path: string) => Promise.resolve(path.endsWith("/") ? "the-role\n" : give(++asked));
    return { read, asked: () => asked };
  }

  it("are read once, then again shortly before they expire", async () => {
    let now = 0;
    const { read, asked } = roleOf((serial) => answer(serial, now + 3_600_000));
    const credentials = instanceCredentials(read, () => now);
    expect((await credentials()).accessKeyId).to.equal("ASIA1");
    now = 54 * 60_000;
    expect((await credentials()).accessKeyId).to.equal("ASIA1");
    now = 55 * 60_000;
    expect((await credentials()).accessKeyId).to.equal("ASIA2");
    expect(asked()).to.equal(2);
  });

  it("are requested once by simultaneous calls", async () => {
    const { read, asked } = roleOf((serial) => answer(serial, 3_600_000));
    const credentials = instanceCredentials(read, () => 0);
    await Promise.all([credentials(), credentials(), credentials()]);
    expect(asked()).to.equal(1);
  });

  it("are used until they expire if there are no newer ones", async () => {
    let now = 0;
    const { read } = roleOf((serial) => (serial === 1 ? answer(1, 3_600_000) : '{"Code":"Failed"}'));
    const credentials = instanceCredentials(read, () => now);
    await credentials();
    now = 3_599_999;
    expect((await credentials()).accessKeyId).to.equal("ASIA1");
    now = 3_600_000;
    const error = await credentials().catch((reason: unknown) => reason);
    expect((error as Error).message).to.equal(
      "The metadata service has no credentials for the role the-role: Failed.",
    );
  });

  for (const [key, value, sentence] of [
    ["AccessKeyId", undefined, "AccessKeyId is missing"],
    ["SecretAccessKey", ["canary"], "SecretAccessKey must be a text and is something else"],
    ["Token", { canary: 1 }, "Token must be a text and is something else"],
    ["Expiration", "soon", 'Expiration must be a time and is "soon"'],
    ["Expiration", undefined, "Expiration is missing"],
    ["Code", 7, "its answer has no Code"],
  ] as const)
    it(`are refused with the reason and without secrets: ${sentence}`, async () => {
      const bad = JSON.stringify({ ...(JSON.parse(answer(1, 3_600_000)) as object), [key]: value });
      const { read } = roleOf(() => bad);
      const error = await instanceCredentials(read, () => 0)().catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(Failure);
      expect((error as Error).message)
        .to.match(/^The metadata service/)
        .and.include("the-role")
        .and.include(sentence)
        .and.not.include("canary");
    });

  it("are not quoted in the error if the answer is not JSON", async () => {
    const { read } = roleOf(() => "canary");
    const error = await instanceCredentials(read, () => 0)().catch((reason: unknown) => reason);
    expect((error as Error).message).to.not.include("canary");
  });
});
