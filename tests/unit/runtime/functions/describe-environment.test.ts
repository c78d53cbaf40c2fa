import { expect } from "chai";
import {
  describeDisks,
  describeMachines,
  strayDisks,
  withDisks,
} from "../../../../runtime/functions/controller/describe-environment.ts";
import { readEc2Answer } from "../../../../runtime/functions/controller/ec2-answers.ts";
import type { ControlledMachine } from "../../../../runtime/functions/controller/machine.ts";

const now = Date.parse("2026-11-26T12:00:00Z");
const hour = 3_600_000;
const machine: ControlledMachine = {
  id: "i-1",
  fleet: "cloud",
  runner: "dev-cloud-1",
  instanceType: "m5.xlarge",
  availabilityZone: "a",
  state: "running",
  createdAt: now - hour,
  launchedAt: now - hour,
  hasPublicAddress: true,
};
const disk = { id: "vol-1", fleet: "cloud", createdAt: now - hour };

describe("a disk of the environment", () => {
  it("belongs to a machine while the machine exists, even asleep", () => {
    const attached = [{ ...disk, attachedTo: "i-1" }];
    expect(strayDisks(attached, [machine], now)).to.deep.equal([]);
    expect(strayDisks(attached, [{ ...machine, state: "stopped" }], now)).to.deep.equal([]);
  });

  it("is stray if its machine was terminated, belongs to another environment, or never existed", () => {
    const attached = [{ ...disk, attachedTo: "i-1" }];
    expect(strayDisks(attached, [{ ...machine, state: "terminated" }], now)).to.deep.equal([disk]);
    expect(strayDisks(attached, [], now)).to.deep.equal([disk]);
    expect(strayDisks([{ ...disk, attachedTo: undefined }], [machine], now)).to.deep.equal([disk]);
  });

  it("is not stray while it is new: EC2 may not describe its machine yet", () => {
    expect(strayDisks([{ ...disk, createdAt: now - 60_000, attachedTo: "i-9" }], [], now)).to.deep.equal([]);
  });

  /** EC2 with these answers, one page after the other; the calls' inputs. */
  function ec2(...pages: string[]) {
    const asked: Record<string, unknown>[] = [];
    return {
      asked,
      aws: (action: string, input: Record<string, unknown>) => {
        asked.push(input);
        return Promise.resolve(
          readEc2Answer(`<?xml version="1.0" encoding="UTF-8"?>\n${pages.shift()!}`, action),
        );
      },
    };
  }
  const volume = (id: string, more = "") =>
    `<item><volumeId>${id}</volumeId><status>in-use</status><createTime>2026-11-26T11:00:00Z</createTime>${more}</item>`;

  it("is read with its fleet and its machine, page after page, and not while it is being deleted", async () => {
    const attached = "<attachmentSet><item><instanceId>i-1</instanceId></item></attachmentSet>";
    const tagged = "<tagSet><item><key>longhaul:fleet</key><value>cloud</value></item></tagSet>";
    const { aws, asked } = ec2(
      `<DescribeVolumesResponse><volumeSet>${volume("vol-1", attached + tagged)}</volumeSet><nextToken>more</nextToken></DescribeVolumesResponse>`,
      `<DescribeVolumesResponse><volumeSet>${volume("vol-2")}${volume("vol-3").replace("in-use", "deleting")}</volumeSet></DescribeVolumesResponse>`,
    );
    expect(await describeDisks("dev", aws)).to.deep.equal([
      { id: "vol-1", fleet: "cloud", createdAt: now - hour, attachedTo: "i-1" },
      { id: "vol-2", fleet: "", createdAt: now - hour, attachedTo: undefined },
    ]);
    expect(asked.map(({ NextToken }) => NextToken)).to.deep.equal([undefined, "more"]);
    expect(JSON.stringify(asked[0])).to.include("longhaul:environment");
  });

  it("is read with the values that it is billed by: operations and throughput for gp3 only", async () => {
    const of = (type: string) =>
      `<size>200</size><volumeType>${type}</volumeType><iops>6000</iops><throughput>250</throughput>`;
    const { aws } = ec2(
      `<DescribeVolumesResponse><volumeSet>${volume("vol-1", of("gp3"))}${volume("vol-2", of("gp2"))}${volume("vol-3", "<size>many</size>")}</volumeSet></DescribeVolumesResponse>`,
    );
    expect((await describeDisks("dev", aws)).map(({ size }) => size)).to.deep.equal([
      { sizeGb: 200, iops: 6000, throughput: 250 },
      { sizeGb: 200 },
      undefined,
    ]);
  });

  it("is there once, though EC2 describes it on two pages", async () => {
    const page = `<DescribeVolumesResponse><volumeSet>${volume("vol-1")}</volumeSet>`;
    const { aws } = ec2(
      `${page}<nextToken>more</nextToken></DescribeVolumesResponse>`,
      `${page}</DescribeVolumesResponse>`,
    );
    expect(await describeDisks("dev", aws)).to.have.lengthOf(1);
  });

  it("makes the answer unreadable if EC2 does not say when it was created", async () => {
    const damaged = volume("vol-1").replace("2026-11-26T11:00:00Z", "");
    const { aws } = ec2(
      `<DescribeVolumesResponse><volumeSet>${damaged}</volumeSet></DescribeVolumesResponse>`,
    );
    expect(await describeDisks("dev", aws).catch((error: unknown) => (error as Error).message)).to.equal(
      'EC2 describes the disk "vol-1" as made at ""',
    );
  });

  it("is assigned to its machine, which may have several disks, or none that EC2 describes", () => {
    const attached = (attachedTo: string | undefined, sizeGb?: number) => ({
      ...disk,
      attachedTo,
      ...(sizeGb !== undefined && { size: { sizeGb } }),
    });
    const disks = [attached("i-1", 100), attached("i-1", 20), attached(undefined, 5), attached("i-2")];
    expect(withDisks([machine, { ...machine, id: "i-2" }], disks)).to.deep.equal([
      { ...machine, disks: [{ sizeGb: 100 }, { sizeGb: 20 }] },
      { ...machine, id: "i-2" },
    ]);
  });

  it("gives an empty list if there is none, and so do machines", async () => {
    expect(
      await describeDisks("dev", ec2("<DescribeVolumesResponse><volumeSet/></DescribeVolumesResponse>").aws),
    ).to.deep.equal([]);
    expect(
      await describeMachines(
        "dev",
        ec2("<DescribeInstancesResponse><reservationSet/></DescribeInstancesResponse>").aws,
      ),
    ).to.deep.equal([]);
  });
});

describe("a machine", () => {
  const described = async (tagSet: string) => {
    const text =
      "<DescribeInstancesResponse><reservationSet><item><instancesSet><item><instanceId>i-1</instanceId>" +
      "<instanceType>m5.xlarge</instanceType><instanceState><name>stopped</name></instanceState>" +
      `<launchTime>2026-11-26T11:00:00Z</launchTime><tagSet>${tagSet}</tagSet></item></instancesSet></item></reservationSet></DescribeInstancesResponse>`;
    return (await describeMachines("dev", (action) => Promise.resolve(readEc2Answer(text, action))))[0]!;
  };
  const tag = (key: string, value: string) =>
    `<item><key>longhaul:${key}</key><value>${value}</value></item>`;

  it("has a report with its state and the time since which it holds, if both tags are valid", async () => {
    const since = tag("since", "2026-11-26T11:30:00.000Z");
    expect((await described(tag("state", "asleep") + since)).report).to.deep.equal({
      state: "asleep",
      since: Date.parse("2026-11-26T11:30:00Z"),
      detail: "",
    });
    for (const damaged of [
      since,
      tag("state", "asleep"),
      tag("state", "asleep") + tag("since", "yesterday"),
      tag("state", "hacked") + since,
    ]) {
      expect((await described(damaged)).report).to.equal(undefined);
    }
  });

  const whole =
    "<DescribeInstancesResponse><reservationSet><item><instancesSet><item><instanceId>i-1</instanceId>" +
    "<instanceState><name>running</name></instanceState><launchTime>2026-11-26T11:00:00Z</launchTime>" +
    "</item></instancesSet></item></reservationSet></DescribeInstancesResponse>";
  const answering = (text: string) => (action: string) => Promise.resolve(readEc2Answer(text, action));

  for (const [what, lost] of [
    ["its id", "<instanceId>i-1</instanceId>"],
    ["its state", "<name>running</name>"],
    ["the moment of its start", "<launchTime>2026-11-26T11:00:00Z</launchTime>"],
  ] as const) {
    it(`is nothing to reckon with where EC2 does not say ${what}`, async () => {
      const damaged = whole.replace(lost, "");
      const told = await describeMachines("dev", answering(damaged)).catch(
        (error: unknown) => (error as Error).message,
      );
      expect(told).to.match(
        /^EC2 describes the machine "(i-1)?" with the state "(running)?" and the start ".*"$/,
      );
    });
  }

  it("is there once, though EC2 describes it on two pages", async () => {
    const aws = (action: string, { NextToken }: Record<string, unknown>) =>
      answering(
        NextToken === undefined
          ? whole.replace("</reservationSet>", "</reservationSet><nextToken>more</nextToken>")
          : whole,
      )(action);
    expect(await describeMachines("dev", aws)).to.have.lengthOf(1);
  });

  it("is of the type that EC2 describes, whatever its fleet has come to", async () => {
    const text =
      "<DescribeInstancesResponse><reservationSet><item><instancesSet><item><instanceId>i-1</instanceId>" +
      "<instanceType>m5.4xlarge</instanceType><instanceState><name>running</name></instanceState>" +
      "<launchTime>2026-11-26T11:00:00Z</launchTime></item></instancesSet></item></reservationSet></DescribeInstancesResponse>";
    const aws = (action: string) => Promise.resolve(readEc2Answer(text, action));
    expect((await describeMachines("dev", aws))[0]).to.include({ id: "i-1", instanceType: "m5.4xlarge" });
  });
});
