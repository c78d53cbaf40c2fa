import { tokenParameter, usedToken } from "../../contract/parameters.ts";
import { AwsError } from "../aws/error.ts";
import { parameterIn } from "../aws/parameters.ts";
import type { Aws } from "./aws.ts";

/** The parameter through which a machine gets its registration tokens. */
export interface TokenParameter {
  /**
   * `missing`: not written yet; `used`: the machine has read it; `denied`: AWS's own words. Access is also denied until the
   * parameter's tag is there, so a denial means something only if it lasts.
   */
  read(): Promise<{ token: string } | { denied: string } | "missing" | "used">;
  /**
   * Overwrites the token once it has been used. This process does not use it again even if AWS refuses that. SSM keeps
   * the former value: `longhaul await` and `settle` remove it.
   */
  markUsed(): Promise<void>;
  /** True if the machine can still read a token there, also a used one. */
  isKept(): Promise<boolean>;
}

/** Each call throws AwsError if AWS cannot be asked. */
export function machineToken(
  {
    environment,
    fleet,
    aws: { kmsKeyArn },
  }: { environment: string; fleet: string; aws: { kmsKeyArn?: string } },
  instanceId: string,
  aws: Aws,
): TokenParameter {
  const name = tokenParameter(environment, fleet, instanceId);
  let lastRead: string | undefined;
  let used = usedToken;

  const find = async (): Promise<{ value: string } | { denied: string } | "missing"> => {
    try {
      return { value: parameterIn(await aws("ssm:GetParameter", { Name: name, WithDecryption: true })) };
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      if (error.code === "ParameterNotFound") return "missing";
      if (error.code.startsWith("AccessDenied")) return { denied: error.message };
      throw error;
    }
  };

  return {
    async read() {
      const found = await find();
      if (typeof found === "string" || "denied" in found) return found;
      if (found.value === usedToken || found.value === used) return "used";
      lastRead = found.value;
      return { token: found.value };
    },
    async markUsed() {
      used = lastRead ?? used;
      await aws("ssm:PutParameter", {
        Name: name,
        Value: usedToken,
        Overwrite: true,
        // An existing parameter keeps its type, but an overwrite that names no key takes the account's default one.
        ...(kmsKeyArn !== undefined && { KeyId: kmsKeyArn }),
      });
    },
    async isKept() {
      const found = await find();
      return typeof found === "object" && "value" in found && found.value !== usedToken;
    },
  };
}
