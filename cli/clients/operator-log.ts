import {
  CreateLogStreamCommand,
  PutLogEventsCommand,
  ResourceAlreadyExistsException,
} from "@aws-sdk/client-cloudwatch-logs";
import type { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { operatorStream } from "../../contract/operator-log.ts";
import type { EvictionRecord } from "../../contract/operator-log.ts";
import { awsCall } from "./aws-call.ts";
import { ServiceError } from "./service-error.ts";

/** The log of what operators do to machines. */
export interface OperatorLog {
  /** Writes one line into the operators' stream of a log group. */
  write(logGroup: string, record: EvictionRecord): Promise<void>;
}

/** @throws ServiceError */
export function operatorLogOf(logs: CloudWatchLogsClient): OperatorLog {
  return {
    write: async (logGroupName, record) => {
      const place = { logGroupName, logStreamName: operatorStream };
      try {
        await awsCall("logs:CreateLogStream", () => logs.send(new CreateLogStreamCommand(place)));
      } catch (error) {
        const exists = error instanceof ServiceError && error.cause instanceof ResourceAlreadyExistsException;
        if (!exists) throw error;
      }
      const event = { timestamp: Date.parse(record.at), message: JSON.stringify(record) };
      const { rejectedLogEventsInfo: rejected } = await awsCall("logs:PutLogEvents", () =>
        logs.send(new PutLogEventsCommand({ ...place, logEvents: [event] })),
      );
      if (!rejected) return;
      // CloudWatch reports success even for an event that it drops, such as one of tomorrow or of last month.
      throw new ServiceError(
        `logs:PutLogEvents did not accept the record of ${record.at}: correct this computer's clock, then run the command again.`,
        { transient: false },
      );
    },
  };
}
