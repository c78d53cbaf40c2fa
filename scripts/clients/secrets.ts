import {
  AddTagsToResourceCommand,
  DeleteParameterCommand,
  GetParametersCommand,
  ParameterAlreadyExists,
  ParameterNotFound,
  PutParameterCommand,
} from "@aws-sdk/client-ssm";
import type { SSMClient, Tag } from "@aws-sdk/client-ssm";
import { awsCall } from "./aws-call.ts";
import { ServiceError } from "./service-error.ts";

/** A `SecureString` as it is now. */
export interface FoundSecret {
  /** Decrypted: it goes into no message and no result. */
  value: string;
  /** Milliseconds since the epoch. */
  writtenAt: number;
}

export interface NewSecret {
  value: string;
  /** ARN of the key that encrypts it; absent: the account's default key. */
  keyId?: string;
  /** Who may read it depends on its tags. */
  tags: Readonly<Record<string, string>>;
}

/** The SSM parameters that hold secrets. No error of theirs quotes a value. */
export interface Secrets {
  /** Undefined: there is no such parameter. */
  read(name: string): Promise<FoundSecret | undefined>;
  /** Creates the parameter, or overwrites it; its tags are there before the value is. */
  write(name: string, secret: NewSecret): Promise<void>;
  /** @returns false when there was no such parameter */
  remove(name: string): Promise<boolean>;
}

/** @throws ServiceError from each of its functions */
export function secretsOf(ssm: SSMClient): Secrets {
  const read: Secrets["read"] = async (name) => {
    const command = new GetParametersCommand({ Names: [name], WithDecryption: true });
    const { Parameters: found } = await awsCall("ssm:GetParameters", () => ssm.send(command));
    const parameter = found?.[0];
    return (
      parameter && { value: parameter.Value ?? "", writtenAt: parameter.LastModifiedDate?.getTime() ?? 0 }
    );
  };

  const put = async (
    name: string,
    { value, keyId }: NewSecret,
    how: { Overwrite: true } | { Tags: Tag[] },
  ) => {
    const command = new PutParameterCommand({
      Name: name,
      Type: "SecureString",
      Value: value,
      ...(keyId !== undefined && { KeyId: keyId }),
      ...how,
    });
    try {
      await awsCall("ssm:PutParameter", () => ssm.send(command));
    } catch (error) {
      throw error instanceof ServiceError ? withoutSecret(error, value) : error;
    }
  };

  const overwrite = async (name: string, secret: NewSecret, tags: Tag[]) => {
    const command = new AddTagsToResourceCommand({ ResourceType: "Parameter", ResourceId: name, Tags: tags });
    await awsCall("ssm:AddTagsToResource", () => ssm.send(command));
    await put(name, secret, { Overwrite: true });
  };

  const remove: Secrets["remove"] = async (name) => {
    const command = new DeleteParameterCommand({ Name: name });
    try {
      await awsCall("ssm:DeleteParameter", () => ssm.send(command));
      return true;
    } catch (error) {
      if (error instanceof ServiceError && error.cause instanceof ParameterNotFound) return false;
      throw error;
    }
  };

  return {
    read,
    remove,
    write: async (name, secret) => {
      const tags = Object.entries(secret.tags).map(([Key, Value]) => ({ Key, Value }));
      // SSM takes tags at creation alone, and refuses them together with an overwrite.
      if (await read(name)) return overwrite(name, secret, tags);
      try {
        await put(name, secret, { Tags: tags });
      } catch (error) {
        const existsByNow = error instanceof ServiceError && error.cause instanceof ParameterAlreadyExists;
        if (!existsByNow) throw error;
        await overwrite(name, secret, tags);
      }
    },
  };
}

/** SSM's validation errors can quote what they refuse. */
function withoutSecret(error: ServiceError, value: string): ServiceError {
  if (!error.message.includes(value)) return error;
  const { transient, status } = error;
  return new ServiceError(error.message.replaceAll(value, "***"), {
    transient,
    ...(status !== undefined && { status }),
  });
}
