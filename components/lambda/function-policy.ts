import { functionLogGroupName } from "../../contract/names.ts";
import type { FunctionName } from "../../contract/names.ts";
import { arn } from "../iam/policy.ts";
import type { PolicyScope, PolicyStatement } from "../iam/policy.ts";

/**
 * Permissions of a function: its own statements, and writing its log.
 *
 * @param statements its own
 */
export function functionStatements(
  environment: string,
  aws: PolicyScope,
  name: FunctionName,
  statements: readonly PolicyStatement[],
): PolicyStatement[] {
  return [
    ...statements,
    {
      Sid: "WriteItsLog",
      Effect: "Allow",
      Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
      Resource: [arn(aws, "logs", `log-group:${functionLogGroupName(environment, name)}:log-stream:*`)],
    },
  ];
}
