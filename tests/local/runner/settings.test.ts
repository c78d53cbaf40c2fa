import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { Failure } from "../../../contract/failure.ts";
import { jsonProtocol } from "../../../local/aws/protocols.ts";
import { parseSystemdTimes } from "../../../local/machines/host.ts";
import { checkActRecord } from "../../../local/runner/act-output.ts";
import {
  checkKey,
  loadCredentials,
  loadSettings,
  saveConfiguration,
} from "../../../local/runner/settings.ts";

describe("the files of the stand-in runner", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "longhaul-runner-"));
    saveConfiguration(root, settings, { clientId: "client", secret: "canary" });
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });
  const settings = {
    agentId: 7,
    agentName: "local-1",
    poolName: "Default",
    serverUrl: "http://127.0.0.1:9",
    gitHubUrl: "http://127.0.0.1:9/acme/app",
    workFolder: "_work",
    disableUpdate: false,
  };
  const put = (file: string, value: unknown) => {
    writeFileSync(join(root, file), JSON.stringify(value));
  };

  it("are read as they were written", () => {
    expect(loadSettings(root)).to.deep.equal(settings);
    expect(loadCredentials(root)).to.deep.equal({ clientId: "client", secret: "canary" });
  });

  for (const [sentence, file, value] of [
    ["agentId is missing", ".runner", { ...settings, agentId: undefined }],
    ['disableUpdate must be true or false and is "no"', ".runner", { ...settings, disableUpdate: "no" }],
    ["is not a JSON object", ".runner", [settings]],
    ["data is missing", ".credentials", {}],
    ["data.clientId must be a text and is 7", ".credentials", { data: { clientId: 7 } }],
    ["secret must be a text and is something else", ".credentials_rsaparams", { secret: ["canary"] }],
  ] as const)
    it(`are refused by name: ${file}, where ${sentence}`, () => {
      put(file, value);
      const load = () => {
        checkKey(root);
        return [loadSettings(root), loadCredentials(root)];
      };
      expect(load)
        .to.throw(Failure, `The runner's file ${file} `)
        .with.property("message")
        .include(sentence)
        .and.not.include("canary");
    });
});

describe("a message between programs of the local cloud", () => {
  it("is refused if the host of the machines sends wrong values for systemd", () => {
    expect(parseSystemdTimes('{"delayLockSeconds":0,"restartFactor":1}').restartFactor).to.equal(1);
    for (const text of ["", "{}", '{"delayLockSeconds":0}', '{"delayLockSeconds":"0","restartFactor":1}'])
      expect(() => parseSystemdTimes(text), text).to.throw(Failure, "LONGHAUL_SYSTEMD");
  });

  it("is refused if act prints another kind of record", () => {
    const record = { jobID: "a", msg: "b", stepID: ["0"], later: 1 };
    expect(checkActRecord(record)).to.deep.equal(record);
    for (const [sentence, wrong] of [
      ["stepID must be a list and is", { stepID: "0" }],
      ["stepID.0 must be a text and is 0", { stepID: [0] }],
      ["raw_output must be true or false and is", { raw_output: "yes" }],
    ] as const)
      expect(() => checkActRecord(wrong)).to.throw(Failure, sentence);
  });

  it("is refused with AWS's code if a request is not a JSON object", () => {
    expect(jsonProtocol.decode("")).to.deep.equal({});
    expect(jsonProtocol.decode('{"Name":"/a"}')).to.deep.equal({ Name: "/a" });
    for (const body of ["{", "[]", "null", "7"])
      expect(() => jsonProtocol.decode(body), body).to.throw("SerializationException");
  });
});
