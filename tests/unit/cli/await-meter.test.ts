import { expect } from "chai";
import { emptyMeter, formatMeter, meterParameter } from "../../../contract/meter.ts";
import { ServiceError } from "../../../cli/clients/service-error.ts";
import { awaitMeter } from "../../../cli/budget/await-meter.ts";

const minute = 60_000;
const name = meterParameter("dev");
const target = {
  environment: "dev",
  aws: { account: "123456789012", region: "eu-central-1", endpoints: {} },
  github: { apiUrl: "https://api.github.com", url: "https://github.com", owner: "acme" },
};

/** The record of a controller that has counted between these two times, in milliseconds since the epoch. */
function counted(begun: number, at: number): string {
  const [first, last] = [begun, at].map((ms) => new Date(ms).toISOString()) as [string, string];
  return formatMeter({ v: 1, month: first.slice(0, 7), begun: first, at: last, days: {}, fleets: {} });
}

/** Waits for a meter. @param valueAt the parameter's value, by the milliseconds since the wait began; undefined: no parameter */
async function waiting(valueAt: (passed: number) => string | undefined) {
  let time = 0;
  const said: string[] = [];
  const say = (line: string) => void said.push(line);
  await awaitMeter(
    {
      aws: {
        parameters: {
          read: async (names) => {
            expect(names).to.deep.equal([name]);
            const value = await Promise.resolve(valueAt(time));
            return new Map(value === undefined ? [] : [[name, value]]);
          },
        },
      },
      clock: {
        now: () => time,
        sleep: (milliseconds) => {
          time += milliseconds;
          return Promise.resolve();
        },
      },
      output: { result: say, say, progress: () => undefined },
    },
    { target },
  );
  return { minutes: time / minute, said: said.join("\n") };
}

/** A new environment's meter. The controller is called each minute, for the first time after `firstAt` milliseconds. */
function growing(passed: number, firstAt = 30_000): string {
  const calls = Math.floor((passed - firstAt) / minute);
  return calls < 0 ? emptyMeter : counted(firstAt, firstAt + calls * minute);
}

describe("the wait for the meter", () => {
  it("lasts, in a new environment, until the third record, when CloudWatch shows the metric", async () => {
    const { minutes, said } = await waiting(growing);
    expect(minutes).to.be.within(2.5, 2.8);
    expect(said).to.equal("");
  });

  it("lasts as long when jobs call the controller in between", async () => {
    const { minutes } = await waiting((passed) =>
      passed < 30_000 ? emptyMeter : counted(30_000, Math.floor(passed / 1000) * 1000),
    );
    expect(minutes).to.be.within(2, 2.8);
  });

  it("ends at once in an environment with a long record, whatever this computer's clock says", async () => {
    for (const day of [-400, 400]) {
      const at = Date.UTC(2026, 10, 5) + day * 24 * 60 * minute;
      expect(await waiting(() => counted(at - 60 * minute, at))).to.deep.equal({ minutes: 0, said: "" });
    }
  });

  it("succeeds with a message when the controller does not count, because the alarm is then right to go off", async () => {
    for (const nothing of [emptyMeter, undefined, "{"]) {
      const { minutes, said } = await waiting(() => nothing);
      expect(minutes).to.equal(6);
      expect(said)
        .to.include(`After 6 min, ${name} holds no record`)
        .and.include("The alarm on a silent meter is created all the same")
        .and.include("/longhaul/dev/functions/controller");
    }
  });

  it("names the record's times when the controller has stopped counting", async () => {
    const { said } = await waiting(() => counted(0, 0));
    expect(said).to.include("goes from 1970-01-01T00:00:00.000Z to 1970-01-01T00:00:00.000Z");
  });

  it("continues after SSM has failed once", async () => {
    let isFirst = true;
    const { said } = await waiting((passed) => {
      if (!isFirst) return growing(passed);
      isFirst = false;
      throw new ServiceError("ssm:GetParameters failed (HTTP 500).", { transient: true });
    });
    expect(said).to.equal("ssm:GetParameters failed (HTTP 500). Trying again.");
  });
});
