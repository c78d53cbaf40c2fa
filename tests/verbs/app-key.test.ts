import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { loadConfiguration } from "../../config/load.ts";
import { appKeyParameter } from "../../contract/parameters.ts";
import { account, startClouds } from "./clouds.ts";
import type { Clouds } from "./clouds.ts";

const parameter = appKeyParameter("dev");
const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const pem = privateKey.export({ type: "pkcs1", format: "pem" }).toString();
const pkcs8 = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
/** A part of the key that is in each of its forms. */
const canary = pem.split("\n")[5]!;

describe("longhaul app-key", () => {
  let clouds: Clouds;
  let folder: string;
  beforeEach(async () => {
    clouds = await startClouds();
    folder = mkdtempSync(join(tmpdir(), "longhaul-key-"));
  });
  afterEach(async () => {
    rmSync(folder, { recursive: true });
    await clouds.close();
  });

  const keyFile = (text: string) => {
    const file = join(folder, "key.pem");
    writeFileSync(file, text);
    return file;
  };
  const store = (text = pem) => clouds.longhaul(["app-key", "--file", keyFile(text)]);
  const stored = () => clouds.aws.account.parameters[parameter];
  const configure = (more: object, aws: object = {}) => {
    clouds.environment.configuration = loadConfiguration("dev", {
      aws: { account, region: "eu-central-1", ...aws },
      github: { repository: "acme/app" },
      fleets: { cloud: {} },
      ...more,
    });
  };

  it("stores the key encrypted, tagged as the environment's, and says what to do next", async () => {
    const { code, results, said } = await store();
    expect(code, said).to.equal(0);
    expect(stored()).to.include({ type: "SecureString", value: pem });
    expect(stored()!.tags).to.include({ "longhaul:project": "longhaul", "longhaul:environment": "dev" });
    expect(results).to.deep.equal([]);
    expect(said).to.include(`The key is stored in ${parameter}, encrypted. Delete its file`);
    expect(said).to.include("set wakeOnDemand.app (id and installationId) in /nowhere/Pulumi.dev.yaml");
    expect(said).to.include("`pulumi up -s dev`");
  });

  it("says when the controller uses it if the App is configured", async () => {
    configure({ wakeOnDemand: { enabled: true, app: { id: 1, installationId: 2 } } });
    expect((await store()).said).to.include("uses the key from its next sweep on, within five minutes");
  });

  it("stores it under the configured key", async () => {
    const kmsKeyArn = `arn:aws:kms:eu-central-1:${account}:key/1234abcd`;
    configure({}, { kmsKeyArn });
    await store();
    expect(stored()).to.include({ keyId: kmsKeyArn });
  });

  it("replaces the key that is there", async () => {
    await store();
    const other = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
    const next = other.export({ type: "pkcs1", format: "pem" }).toString();
    expect((await store(next)).code).to.equal(0);
    expect(stored()!.value).to.equal(next);
  });

  it("accepts the other form of PEM as well, and stores nothing of the file but the key", async () => {
    expect((await store(`some words before\n${pkcs8}and after\n`)).code).to.equal(0);
    expect(stored()!.value).to.equal(pem);
  });

  it("never prints the key", async () => {
    const outcome = await store();
    expect(JSON.stringify(outcome)).not.to.include(canary).and.not.to.include("PRIVATE KEY");
    expect(JSON.stringify(clouds.aws.calls())).not.to.include(canary);
    const { said } = await store(pem.replace("\n", "\ndamaged"));
    expect(said).not.to.include(canary);
  });

  const refusals: Record<string, [text: string, sentence: string]> = {
    "the public half": [
      publicKey.export({ type: "spki", format: "pem" }).toString(),
      "is the public half of a key",
    ],
    "a key of another kind": [
      generateKeyPairSync("ec", { namedCurve: "P-256" })
        .privateKey.export({ type: "pkcs8", format: "pem" })
        .toString(),
      "is a private key of the kind ec, and an App's is RSA",
    ],
    "a short key": [
      generateKeyPairSync("rsa", { modulusLength: 1024 })
        .privateKey.export({ type: "pkcs1", format: "pem" })
        .toString(),
      "is an RSA key of 1024 bits, and an App's has 2048",
    ],
    "a key with a passphrase": [
      privateKey.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" }).toString(),
      "is protected by a passphrase",
    ],
    "a certificate": ["-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n", "is a certificate"],
    "half a key": [pem.slice(0, 500), "holds a key that is damaged"],
    "something else": ["ghp_notakey", "holds no key in PEM"],
  };
  for (const [what, [text, sentence]] of Object.entries(refusals)) {
    it(`refuses ${what}, and stores nothing`, async () => {
      const { code, said } = await store(text);
      expect(code).to.equal(2);
      expect(said).to.include(`key.pem ${sentence}. Take the file that GitHub gave`);
      expect(said).not.to.include("ghp_notakey");
      expect(stored()).to.equal(undefined);
      expect(clouds.aws.calls()).to.deep.equal([]);
    });
  }

  it("refuses a file that does not exist", async () => {
    const { code, said } = await clouds.longhaul(["app-key", "--file", join(folder, "none.pem")]);
    expect({ code, said }).to.deep.equal({
      code: 2,
      said: `${join(folder, "none.pem")} cannot be read (ENOENT). Nothing was stored.`,
    });
  });

  it("deletes the key, and does not fail the second time", async () => {
    await store();
    const [first, second] = [
      await clouds.longhaul(["app-key", "--remove"]),
      await clouds.longhaul(["app-key", "--remove"]),
    ];
    expect([first.code, second.code]).to.deep.equal([0, 0]);
    expect(first.said).to.equal(`${parameter} is deleted.`);
    expect(second.said).to.equal(`There is no ${parameter}: nothing was deleted.`);
    expect(stored()).to.equal(undefined);
  });

  it("says what it means to delete it while the App is configured", async () => {
    configure({ wakeOnDemand: { enabled: true, app: { id: 1, installationId: 2 } } });
    expect((await clouds.longhaul(["app-key", "--remove"])).said).to.include(
      "each sweep fails (metric SweepFailed)",
    );
  });

  it("needs one of --file and --remove, and not both", async () => {
    for (const args of [[], ["--file", keyFile(pem), "--remove"]]) {
      const { code, said } = await clouds.longhaul(["app-key", ...args]);
      expect(code).to.equal(2);
      expect(said).to.include("Use one of the two");
    }
  });
});
