import { expect } from "chai";
import type * as z from "zod";
import {
  awaitMeterRequest,
  awaitRequest,
  drainRequest,
  liftRequest,
  readRequest,
  settleRequest,
  smokeDispatchRequest,
  smokeWorkflowRequest,
} from "../../../cli/request.ts";
import { BadUsage } from "../../../cli/exit-codes.ts";
import type { Target } from "../../../contract/requests.ts";

const url = "https://service.example.com";
const target: Required<Target> = {
  environment: "dev",
  aws: {
    account: "123456789012",
    region: "eu-central-1",
    endpoints: { ec2: url, ssm: url, sts: url, logs: url, budgets: url },
  },
  github: { apiUrl: url, url, owner: "acme", repository: "app" },
};
const smoke = { owner: "acme", repository: "app", workflow: "smoke.yml" };
const machine = { runner: "dev-cloud-1", instanceId: "i-0123456789abcdef0" };
const fleet = { target, fleet: "cloud", labels: ["cloud"], ownTags: { team: "a" }, kmsKeyArn: "arn:key" };

/** Each request with all its keys, and the paths of the optional ones. */
const requests: Record<string, { schema: z.ZodType; whole: object; mayLack?: readonly string[] }> = {
  await: {
    schema: awaitRequest,
    whole: { ...fleet, machines: [machine], onlineWithinMinutes: 15 },
    mayLack: ["kmsKeyArn", "target.github.repository", "target.aws.endpoints.ec2"],
  },
  settle: { schema: settleRequest, whole: fleet, mayLack: ["kmsKeyArn", "target.aws.endpoints.budgets"] },
  drain: {
    schema: drainRequest,
    whole: {
      target,
      guards: { what: "network", vpcId: "vpc-1", securityGroupId: "sg-1" },
      smoke,
      waitMinutes: 10,
    },
    mayLack: ["smoke"],
  },
  "await-meter": { schema: awaitMeterRequest, whole: { target } },
  lift: { schema: liftRequest, whole: { target, budget: "dev" } },
  "smoke dispatch": {
    schema: smokeDispatchRequest,
    whole: { target, fleet: "cloud", machine, smoke, minutes: 2, wait: "end", onlineWithinMinutes: 15 },
  },
  "smoke publish": {
    schema: smokeWorkflowRequest,
    whole: { target, smoke, text: "on: push" },
    mayLack: ["text"],
  },
};

/** The request as JSON, with another value at a path. */
function withValue(request: object, path: string, value: unknown): string {
  const copy = structuredClone(request) as Record<string, unknown>;
  const steps = path.split(".");
  const holder = steps.slice(0, -1).reduce((at, key) => at[key] as Record<string, unknown>, copy);
  holder[steps.at(-1)!] = value;
  return JSON.stringify(copy);
}

for (const [verb, { schema, whole, mayLack = [] }] of Object.entries(requests)) {
  describe(`the request of ${verb}`, () => {
    const read = (text: string | undefined) => readRequest(verb, schema, text);

    it("is read with all its keys", () => {
      expect(read(JSON.stringify(whole))).to.deep.equal(whole);
    });

    it("may come from a later program, and further keys are ignored", () => {
      expect(read(JSON.stringify({ ...whole, later: 1 }))).to.deep.equal(whole);
    });

    for (const path of mayLack)
      it(`may lack ${path}, and is refused with a wrong value of it`, () => {
        expect(() => read(withValue(whole, path, undefined))).not.to.throw();
        expect(() => read(withValue(whole, path, 7))).to.throw(BadUsage, `${path} must be`);
      });

    for (const key of Object.keys(whole).filter((name) => !mayLack.includes(name)))
      it(`is refused without ${key}, and with a wrong value of it`, () => {
        expect(() => read(withValue(whole, key, undefined))).to.throw(BadUsage, `${key} is missing`);
        expect(() => read(withValue(whole, key, null))).to.throw(BadUsage, `${key} must be`);
      });

    it("is refused with the wrong value and what to do", () => {
      expect(() => read(withValue(whole, "target.aws.account", "12"))).to.throw(
        BadUsage,
        /and nothing was done:\n {2}target\.aws\.account must be twelve digits; it is "12"\n.*`pulumi up` writes/,
      );
    });

    it("is refused if it is not set or not a JSON object", () => {
      expect(() => read(undefined)).to.throw(BadUsage, "is not set");
      for (const text of ["npm notice", "[]", "null", "1", JSON.stringify(whole).slice(1)])
        expect(() => read(text)).to.throw(BadUsage, "is not a JSON object");
    });
  });
}
