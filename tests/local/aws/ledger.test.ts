import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { logGroupName } from "../../../contract/names.ts";
import type { LedgerRecord } from "../../../contract/ledger.ts";
import { unknownFacts } from "../../../runtime/agent/job-facts.ts";
import type { Ledger } from "../../../runtime/agent/ledger.ts";
import { ledgerFiles } from "../../../runtime/agent/ledger-files.ts";
import { machineLedger } from "../../../runtime/agent/ledger.ts";
import { awsClient } from "../../../runtime/aws/client.ts";
import { sendHttp } from "../../../runtime/aws/http.ts";
import { configuration } from "../../unit/runtime/fixture.ts";
import { region, startTestCloud } from "./cloud.ts";
import type { TestCloud } from "./cloud.ts";

describe("a machine's ledger at the local AWS", () => {
  const group = logGroupName("dev", "cloud");
  const stream = "dev-cloud-1-i-1";
  let cloud: TestCloud;
  let folder: string;
  let ledger: Ledger;
  let lines: string[];

  beforeEach(async () => {
    cloud = await startTestCloud();
    await cloud.make("logGroup", { name: group });
    folder = mkdtempSync(join(tmpdir(), "longhaul-ledger-"));
    lines = [];
    const key = cloud.aws.credentialsOf((await cloud.machine()).id)!;
    ledger = machineLedger({
      configuration,
      machine: stream,
      files: ledgerFiles(
        { written: join(folder, "ledger"), waiting: join(folder, "ledger-waiting") },
        stream,
        (line) => lines.push(line),
      ),
      bootMark: join(folder, "boot"),
      clock: cloud.clock,
      aws: awsClient({
        region,
        endpoints: { ec2: cloud.url, ssm: cloud.url, logs: cloud.url, cloudwatch: cloud.url },
        credentials: () => Promise.resolve({ ...key, sessionToken: key.token! }),
        send: sendHttp,
        clock: { now: Date.now, sleep: () => Promise.resolve() },
        random: () => 0,
      }),
      log: (line) => lines.push(line),
    });
  });
  afterEach(async () => {
    await cloud.close();
    rmSync(folder, { recursive: true });
  });

  const endJob = (id: string) => {
    const at = new Date(cloud.clock.now()).toISOString();
    const job = { id, receivedAt: at, startedAt: at, endedAt: at, result: "Succeeded", worker: null };
    ledger.add(job, unknownFacts, () => undefined);
    return at;
  };
  const written = () =>
    (cloud.aws.account.logs[group]?.[stream] ?? []).map(
      ({ message }) => (JSON.parse(message) as LedgerRecord).endedAt,
    );

  it("is written by a machine that was cut off for two days", async () => {
    const ends: string[] = [];
    for (const id of ["a", "b", "c"]) {
      ends.push(endJob(id));
      cloud.clock.advance(24.5 * 3_600_000);
    }
    await ledger.flush();
    expect(written()).to.deep.equal(ends);
  });

  it("is written by one that was cut off for three weeks, with the times at which its jobs ended", async () => {
    const end = endJob("a");
    cloud.clock.advance(21 * 24 * 3_600_000);
    await ledger.flush();
    expect(written()).to.deep.equal([end]);
    expect(lines).to.deep.equal([]);
  });
});
