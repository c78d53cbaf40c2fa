import { expect } from "chai";
import type { ControllerConfiguration } from "../../../../contract/controller.ts";
import { Failure } from "../../../../contract/failure.ts";
import { meterParameter } from "../../../../contract/meter.ts";
import { fleetParameters } from "../../../../contract/parameters.ts";
import { tags } from "../../../../contract/tags.ts";
import type { ControllerAws } from "../../../../runtime/functions/controller/aws.ts";
import { observe } from "../../../../runtime/functions/controller/observe.ts";

const now = Date.UTC(2026, 4, 1, 12);
const fleet = { minimumAwake: 0, instanceType: "m5.xlarge", prices: { machine: 1, disk: 0.1 } };
const configuration: ControllerConfiguration = {
  environment: "dev",
  aws: { region: "eu-central-1", endpoints: { ec2: "", ssm: "", dynamodb: "", budgets: "" } },
  fleets: ["a", "b", "c"].map((name) => ({ ...fleet, name })),
  addressPrice: 0,
  priceList: { machines: {}, disks: [0, 0, 0] },
  demand: { table: "jobs", fleets: [] },
};
const meterName = meterParameter("dev");
const at = new Date(now).toISOString();
const record = { v: 1, month: "2026-05", begun: at, at, days: {}, fleets: {} };
const values: Record<string, string> = {
  [meterName]: JSON.stringify(record),
  ...Object.fromEntries(
    configuration.fleets.flatMap(({ name }) => {
      const { roster, override, limits } = fleetParameters("dev", name);
      return [
        [roster, JSON.stringify({ machines: [`i-${name}`] })],
        [override, JSON.stringify({ closing: false, runners: {} })],
        [limits, JSON.stringify({ minimumAwake: 0 })],
      ];
    }),
  ),
};
const without = (name: string) => Object.fromEntries(Object.entries(values).filter(([key]) => key !== name));
const instance = (instanceId: string, state: string) => ({
  instanceId,
  instanceType: "m5.xlarge",
  instanceState: { name: state },
  reason: "",
  stateReason: { code: "", message: "" },
  launchTime: "2026-05-01T11:00:00Z",
  ipAddress: "",
  placement: { availabilityZone: "a" },
  rootDeviceName: "",
  blockDeviceMapping: [],
  tagSet: [{ key: tags.fleet, value: "b" }],
});
const job = (id: string) => ({
  id: { S: id },
  repository: { S: "acme/app" },
  labels: { L: [] },
  state: { S: "queued" },
  queuedAt: { N: "1" },
  at: { N: "1" },
  expiresAt: { N: "9999999999" },
});

/** The observation if the calls for which `fails` gives a reason are refused. Every list has two pages. */
async function seen(
  fails: (action: string, input: Record<string, unknown>) => boolean = () => false,
  parameters: Record<string, string> = values,
  state = "stopped",
) {
  const aws: ControllerAws = (action, input) => {
    if (fails(action, input)) return Promise.reject(new Failure(`${action} is not answered`));
    const isFirst = input.NextToken === undefined && input.ExclusiveStartKey === undefined;
    switch (action) {
      case "ssm:GetParameters": {
        const names = (input.Names as string[]).filter((name) => name in parameters);
        return Promise.resolve({ Parameters: names.map((Name) => ({ Name, Value: parameters[Name] })) });
      }
      case "ec2:DescribeInstances":
        return Promise.resolve({
          reservationSet: [{ instancesSet: [instance(isFirst ? "i-1" : "i-2", state)] }],
          nextToken: isFirst ? "more" : "",
        });
      case "ec2:DescribeVolumes":
        return Promise.resolve({ volumeSet: [], nextToken: isFirst ? "more" : "" });
      case "dynamodb:Scan":
        return Promise.resolve({
          Items: [job(isFirst ? "1" : "2")],
          ...(isFirst && { LastEvaluatedKey: { id: { S: "1" } } }),
        });
      default:
        throw new Error(action);
    }
  };
  return observe(configuration, aws, () => now);
}
const isSecondPage = (action: string) => (called: string, input: Record<string, unknown>) =>
  called === action && (input.NextToken !== undefined || input.ExclusiveStartKey !== undefined);

describe("the controller's observation", () => {
  it("is complete, page by page", async () => {
    const all = await seen();
    expect(all.problems).to.deep.equal([]);
    expect(all.machines?.map(({ id }) => id)).to.deep.equal(["i-1", "i-2"]);
    expect(all.jobs?.map(({ id }) => id)).to.deep.equal(["1", "2"]);
    expect(all.strayDisks).to.deep.equal([]);
    expect(all.meter).to.deep.equal(record);
    expect(Object.values(all.settings).map(({ roster }) => roster)).to.deep.equal([
      ["i-a"],
      ["i-b"],
      ["i-c"],
    ]);
  });

  const missing = {
    "ec2:DescribeInstances": { machines: undefined, strayDisks: undefined },
    "ec2:DescribeVolumes": { strayDisks: undefined },
    "dynamodb:Scan": { jobs: undefined },
  };
  for (const [action, unread] of Object.entries(missing)) {
    for (const page of ["first", "second"]) {
      it(`lacks everything that ${action} returns if its ${page} page is not answered, and nothing else`, async () => {
        const fails = page === "second" ? isSecondPage(action) : (called: string) => called === action;
        const { problems, ...rest } = await seen(fails);
        const { problems: none, ...whole } = await seen();
        expect(none).to.deep.equal([]);
        expect(rest).to.deep.equal({ ...whole, ...unread });
        expect(problems).to.have.lengthOf(1);
        expect(problems[0]?.message).to.match(/cannot be read, so .*: .* is not answered$/);
      });
    }
  }

  it("lacks the parameters of a call that is not answered, and has those of the others", async () => {
    const one = await seen(
      (action, { Names }) => action === "ssm:GetParameters" && !(Names as string[]).includes(meterName),
    );
    expect(one.meter).to.deep.equal(record);
    expect(Object.entries(one.settings).map(([name, { roster }]) => [name, roster])).to.deep.equal([
      ["a", undefined],
      ["b", undefined],
      ["c", ["i-c"]],
    ]);
    const other = await seen(
      (action, { Names }) => action === "ssm:GetParameters" && (Names as string[]).includes(meterName),
    );
    expect(other.meter, "not known, which is not none").to.equal(undefined);
    expect(other.settings.a!.roster).to.deep.equal(["i-a"]);
    expect(other.problems).to.have.lengthOf(1);
  });

  const meters: [string, string | undefined, problems: number][] = [
    ["the parameter does not exist", undefined, 0],
    ["the stack has just created it", "{}", 0],
    ["it is damaged", "{", 1],
    ["another version has written it", '{"v":2}', 1],
  ];
  for (const [what, text, problems] of meters) {
    it(`has no record of the meter if ${what}${problems > 0 ? ", and reports that" : ""}`, async () => {
      const one = await seen(undefined, {
        ...without(meterName),
        ...(text !== undefined && { [meterName]: text }),
      });
      expect(one.meter).to.equal("none");
      expect(one.problems).to.have.lengthOf(problems);
    });
  }

  it("names each fleet of which no machine is started, because a parameter is missing or damaged", async () => {
    const { roster, override } = fleetParameters("dev", "b");
    const { problems, settings } = await seen(undefined, { ...without(roster), [override]: "[]" });
    expect(settings.b).to.include({ roster: undefined, override: undefined });
    expect(problems).to.have.lengthOf(1);
    expect(problems[0]?.message).to.include(
      `${roster} and ${override} cannot be understood, so no machine of b is started`,
    );
    const { limits } = fleetParameters("dev", "c");
    expect((await seen(undefined, { ...values, [limits]: "{" })).problems.join()).to.include(limits);
  });

  it("reports no problem for a fleet without a roster while its first machines are being proven", async () => {
    const { roster } = fleetParameters("dev", "b");
    const { problems, settings } = await seen(undefined, without(roster), "running");
    expect(problems).to.deep.equal([]);
    expect(settings.b).to.include({ roster: undefined });
    expect((await seen(undefined, { ...values, [roster]: "[]" }, "running")).problems.join()).to.include(
      roster,
    );
    const other = fleetParameters("dev", "c").roster;
    expect((await seen(undefined, without(other))).problems, "another fleet's are asleep").to.deep.equal([]);
  });
});
