import { GetParametersCommand, PutParameterCommand } from "@aws-sdk/client-ssm";
import type { SSMClient } from "@aws-sdk/client-ssm";
import { awsCall } from "./aws-call.ts";
import { secretsOf } from "./secrets.ts";
import type { Secrets } from "./secrets.ts";

/** The SSM parameters of the fleets, as far as the operator's command needs them. */
export interface Parameters {
  /** Values by name; a parameter that does not exist is absent. At most ten names. */
  read(names: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** When they were last written, in milliseconds since the epoch, by name; at most ten names. */
  writtenAt(names: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Overwrites an existing parameter. */
  write(name: string, value: string): Promise<void>;
  secrets: Secrets;
}

/** @throws ServiceError from each of its functions */
export function parametersOf(ssm: SSMClient): Parameters {
  const get = async (names: readonly string[]) => {
    const command = new GetParametersCommand({ Names: [...names] });
    const { Parameters: found } = await awsCall("ssm:GetParameters", () => ssm.send(command));
    return found ?? [];
  };
  return {
    read: async (names) => new Map((await get(names)).map(({ Name, Value }) => [Name!, Value ?? ""])),
    writtenAt: async (names) =>
      new Map((await get(names)).map((found) => [found.Name!, found.LastModifiedDate?.getTime() ?? 0])),
    write: async (name, value) => {
      const command = new PutParameterCommand({ Name: name, Value: value, Overwrite: true });
      await awsCall("ssm:PutParameter", () => ssm.send(command));
    },
    secrets: secretsOf(ssm),
  };
}
