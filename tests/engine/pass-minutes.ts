import { meterParameter, parseMeter } from "../../contract/meter.ts";
import { budgetName } from "../../contract/names.ts";
import { alarmType } from "../../local/aws/metrics.ts";
import { eventually } from "../environment.ts";
import type { TestEnvironment } from "../environment.ts";
import { rosterOf } from "../journey/one-runner.ts";

const minute = 60_000;

/** Advances the cloud's time minute by minute, and waits for the controller after each. */
export async function passMinutes({ cloud }: TestEnvironment, minutes: number): Promise<void> {
  const { aws, clock } = cloud;
  for (let passed = 0; passed < minutes; passed++) {
    clock.advance(minute);
    const now = clock.now();
    await eventually("the controller has run", () => {
      const meter = parseMeter(aws.account.parameters[meterParameter("local")]?.value);
      return meter !== undefined && Date.parse(meter.at) > now - minute;
    });
  }
}

/**
 * Brings up an environment with a budget. Minutes pass meanwhile, because `up`
 * waits with the budget's alarms until the controller has counted for some
 * minutes.
 */
export async function upWithBudget(environment: TestEnvironment): Promise<void> {
  const { aws } = environment.cloud;
  const waits = `${budgetName("local", "eu-central-1")}-meter creating`;
  const countWhenAlarmsAreDue = async () => {
    await eventually("the fleet is in service", () => rosterOf(environment).length > 0);
    await eventually(
      "the alarm on a silent meter is made, or waits for the meter",
      () =>
        aws.account.resources[alarmType]?.["longhaul-local-budget-silent"] !== undefined ||
        environment.lastOutput().includes(waits),
    );
    await passMinutes(environment, 3);
  };
  await Promise.all([environment.up(), countWhenAlarmsAreDue()]);
}
