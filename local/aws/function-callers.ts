import { randomUUID } from "node:crypto";
import type { Functions } from "../functions/index.ts";
import type { Properties, ResourceType } from "../provider.ts";
import { record, tagMap, text } from "./input.ts";
import type { Cloud } from "./state.ts";

/** The one expression that the local cloud knows: at the beginning of each minute. */
const eachMinute = "cron(* * * * ? *)";

/** What calls functions: schedules, queues and URLs, by Pulumi type. */
export function functionCallers(cloud: Cloud, functions: Functions): Record<string, ResourceType> {
  const { region, account } = cloud;
  return {
    "aws:scheduler/schedule:Schedule": caller(cloud, "aws:scheduler/schedule:Schedule", {
      start: (inputs, id) => {
        const expression = text(inputs, "scheduleExpression");
        if (expression !== eachMinute) {
          throw new Error(
            `The local cloud knows the schedule ${eachMinute} only, not ${expression}: see local/README.md`,
          );
        }
        const target = text(record(inputs, "target")!, "arn").split(":").at(-1)!;
        // What fails stands in the function's log, and the next minute calls again.
        functions.minutes.add(id, () => functions.host.invoke(target, {}).catch(() => undefined));
        const name = text(inputs, "name");
        const arn = `arn:aws:scheduler:${region}:${account}:schedule/default/${name}`;
        return { arn, groupName: "default", state: "ENABLED" };
      },
      stop: functions.minutes.remove,
      id: (inputs) => `default/${text(inputs, "name")}`,
      replaceOn: ["name"],
    }),
    "aws:lambda/eventSourceMapping:EventSourceMapping": caller(
      cloud,
      "aws:lambda/eventSourceMapping:EventSourceMapping",
      {
        start: (inputs, id) => {
          functions.queuePolls.add(id, text(inputs, "eventSourceArn"), text(inputs, "functionName"));
          const arn = `arn:aws:lambda:${region}:${account}:event-source-mapping:${id}`;
          return { arn, uuid: id, state: "Enabled", tagsAll: tagMap(inputs) };
        },
        stop: functions.queuePolls.remove,
        id: () => randomUUID(),
        replaceOn: ["eventSourceArn"],
      },
    ),
    "aws:lambda/functionUrl:FunctionUrl": caller(cloud, "aws:lambda/functionUrl:FunctionUrl", {
      start: async (inputs, id) => {
        if (text(inputs, "authorizationType") !== "NONE") {
          throw new Error("The local cloud knows function URLs without IAM only: see local/README.md");
        }
        const functionUrl = await functions.urls.open(id);
        return { functionUrl, functionArn: `arn:aws:lambda:${region}:${account}:function:${id}`, urlId: id };
      },
      stop: functions.urls.close,
      id: (inputs) => text(inputs, "functionName"),
      replaceOn: ["functionName"],
    }),
  };
}

interface Caller {
  /** Begins to call, or goes on otherwise; gives back the outputs that are no inputs. */
  start: (inputs: Properties, id: string) => Properties | Promise<Properties>;
  stop: (id: string) => void;
  id: (inputs: Properties) => string;
  replaceOn: readonly string[];
}

function caller(cloud: Cloud, type: string, { start, stop, id: idOf, replaceOn }: Caller): ResourceType {
  const stored = () => (cloud.data.resources[type] ??= {});
  return {
    create: async (inputs) => {
      const id = idOf(inputs);
      const state = { ...inputs, ...(await start(inputs, id)) };
      stored()[id] = state;
      return { id, state };
    },
    read: (id) => Promise.resolve(stored()[id]),
    update: async (id, state, inputs) => {
      const next = { ...state, ...inputs, ...(await start(inputs, id)) };
      stored()[id] = next;
      return next;
    },
    delete: (id) => {
      stop(id);
      cloud.data.resources[type] = Object.fromEntries(
        Object.entries(stored()).filter(([other]) => other !== id),
      );
      return Promise.resolve();
    },
    replaceOn,
  };
}
