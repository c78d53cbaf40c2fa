import { GetParametersCommand, PutParameterCommand } from "@aws-sdk/client-ssm";
import type { SSMClient } from "@aws-sdk/client-ssm";
import { awsCall } from "./aws-call.ts";

/** The SSM parameters of the fleets, as far as the operator's command needs them. */
export interface Parameters {
  /** Values by name; a parameter that does not exist is absent. At most ten names. */
  read(names: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Overwrites a parameter that exists. */
  write(name: string, value: string): Promise<void>;
}

/** @throws ServiceError from each of its functions */
export function parametersOf(ssm: SSMClient): Parameters {
  return {
    read: async (names) => {
      const command = new GetParametersCommand({ Names: [...names] });
      const { Parameters: found } = await awsCall("ssm:GetParameters", () => ssm.send(command));
      return new Map((found ?? []).map(({ Name, Value }) => [Name!, Value ?? ""]));
    },
    write: async (name, value) => {
      const command = new PutParameterCommand({ Name: name, Value: value, Overwrite: true });
      await awsCall("ssm:PutParameter", () => ssm.send(command));
    },
  };
}
