import { EmulatedAwsError } from "./errors.ts";
import { number, optionalText, records, text, texts } from "./input.ts";
import type { Input } from "./input.ts";
import { takeEvents } from "./log-limits.ts";
import type { Need, Service } from "./server.ts";
import type { Cloud, LogEvent } from "./state.ts";

const defaultLimit = 10_000;

/** CloudWatch Logs. Field names begin with a small letter; times are milliseconds. */
export function logsService(cloud: Cloud): Service {
  const { data, clock } = cloud;
  const needs = (input: Input): Need[] => [
    {
      resource: `${logGroupArn(cloud, text(input, "logGroupName"))}:log-stream:${optionalText(input, "logStreamName") ?? ""}`,
    },
  ];
  const groupOf = (input: Input) => {
    const group = data.logs[text(input, "logGroupName")];
    if (!group)
      throw new EmulatedAwsError("ResourceNotFoundException", "The specified log group does not exist.");
    return group;
  };
  const streamOf = (input: Input) => {
    const stream = groupOf(input)[text(input, "logStreamName")];
    if (!stream)
      throw new EmulatedAwsError("ResourceNotFoundException", "The specified log stream does not exist.");
    return stream;
  };

  return {
    signingName: "logs",
    prefix: "logs",
    actions: {
      CreateLogGroup: {
        needs,
        run: (input) => {
          createLogGroup(cloud, text(input, "logGroupName"));
          return {};
        },
      },
      CreateLogStream: {
        needs,
        run: (input) => {
          const group = groupOf(input);
          const name = text(input, "logStreamName");
          if (group[name]) {
            throw new EmulatedAwsError(
              "ResourceAlreadyExistsException",
              "The specified log stream already exists",
            );
          }
          group[name] = [];
          return {};
        },
      },
      PutLogEvents: {
        needs,
        run: (input) => {
          const stream = streamOf(input);
          const events = records(input, "logEvents").map((event): LogEvent => ({
            timestamp: number(event, "timestamp")!,
            message: text(event, "message"),
            ingestionTime: clock.now(),
          }));
          const { taken, rejected } = takeEvents(events, clock.now());
          stream.push(...taken);
          return {
            nextSequenceToken: String(stream.length),
            ...(rejected && { rejectedLogEventsInfo: rejected }),
          };
        },
      },
      GetLogEvents: {
        needs,
        run: (input) => {
          const limit = number(input, "limit") ?? defaultLimit;
          const events = inRange(streamOf(input), input);
          const fromHead = optionalText(input, "startFromHead") === "true";
          return {
            events: fromHead ? events.slice(0, limit) : events.slice(-limit),
            nextForwardToken: "f/0",
            nextBackwardToken: "b/0",
          };
        },
      },
      FilterLogEvents: {
        needs,
        run: (input) => {
          const streams = texts(input, "logStreamNames");
          const terms = termsOf(optionalText(input, "filterPattern") ?? "");
          const events = Object.entries(groupOf(input))
            .filter(([name]) => streams.length === 0 || streams.includes(name))
            .flatMap(([logStreamName, all]) =>
              inRange(all, input)
                .filter(({ message }) => terms.every((term) => message.includes(term)))
                .map((event, index) => ({ ...event, logStreamName, eventId: `${logStreamName}/${index}` })),
            )
            .sort((a, b) => a.timestamp - b.timestamp);
          const from = Number(optionalText(input, "nextToken") ?? 0);
          const to = from + (number(input, "limit") ?? defaultLimit);
          return {
            events: events.slice(from, to),
            searchedLogStreams: [],
            ...(to < events.length && { nextToken: String(to) }),
          };
        },
      },
    },
  };
}

export function logGroupArn(cloud: Cloud, name: string): string {
  return `arn:aws:logs:${cloud.region}:${cloud.account}:log-group:${name}`;
}

/** @throws AwsError ResourceAlreadyExistsException */
export function createLogGroup({ data }: Cloud, name: string): void {
  if (data.logs[name]) {
    throw new EmulatedAwsError("ResourceAlreadyExistsException", "The specified log group already exists");
  }
  data.logs[name] = {};
}

function inRange(events: readonly LogEvent[], input: Input): LogEvent[] {
  const start = number(input, "startTime") ?? 0;
  const end = number(input, "endTime") ?? Infinity;
  return events.filter(({ timestamp }) => timestamp >= start && timestamp < end);
}

/** The words of a pattern, quoted or not; a message must contain them all. */
function termsOf(pattern: string): string[] {
  if (/^\s*[{[%]|(^|\s)[-?]/.test(pattern)) {
    const text = `The local cloud knows patterns of words only, not ${pattern}: see local/README.md`;
    throw new EmulatedAwsError("InvalidParameterException", text);
  }
  return [...pattern.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word!);
}
