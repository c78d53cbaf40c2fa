import type { FunctionHost } from "../functions/host.ts";
import type { MinuteCalls } from "../functions/minutes.ts";
import type { Properties, ResourceType } from "../provider.ts";
import { record, text } from "./input.ts";
import type { Cloud } from "./state.ts";

/** The one expression that the local cloud knows: at the beginning of each minute. */
const eachMinute = "cron(* * * * ? *)";

/** `aws.scheduler.Schedule` that calls a function each minute. */
export function scheduleResource(cloud: Cloud, host: FunctionHost, minutes: MinuteCalls): ResourceType {
  const start = (inputs: Properties): void => {
    const name = text(inputs, "name");
    const expression = text(inputs, "scheduleExpression");
    if (expression !== eachMinute) {
      throw new Error(
        `The local cloud knows the schedule ${eachMinute} only, not ${expression}: see local/README.md`,
      );
    }
    const target = text(record(inputs, "target")!, "arn").split(":").at(-1)!;
    // What fails stands in the function's log, and the next minute calls again.
    minutes.add(name, () => host.invoke(target, {}).catch(() => undefined));
  };
  const stateOf = (inputs: Properties): Properties => ({
    ...inputs,
    arn: `arn:aws:scheduler:${cloud.region}:${cloud.account}:schedule/default/${text(inputs, "name")}`,
    groupName: "default",
    state: "ENABLED",
  });
  const stored = () => (cloud.data.resources["aws:scheduler/schedule:Schedule"] ??= {});

  return {
    create: (inputs) => {
      start(inputs);
      const id = `default/${text(inputs, "name")}`;
      const state = stateOf(inputs);
      stored()[id] = state;
      return Promise.resolve({ id, state });
    },
    read: (id) => Promise.resolve(stored()[id]),
    update: (id, state, inputs) => {
      start(inputs);
      const next = { ...state, ...stateOf(inputs) };
      stored()[id] = next;
      return Promise.resolve(next);
    },
    delete: (id, state) => {
      minutes.remove(text(state, "name"));
      cloud.data.resources["aws:scheduler/schedule:Schedule"] = Object.fromEntries(
        Object.entries(stored()).filter(([other]) => other !== id),
      );
      return Promise.resolve();
    },
    replaceOn: ["name"],
  };
}
