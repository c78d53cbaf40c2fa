import { namesPerCall } from "../../contract/aws-limits.ts";
import { pieces } from "../../contract/pieces.ts";
import {
  AddTagsToResourceCommand,
  DeleteParameterCommand,
  GetParametersCommand,
  ParameterAlreadyExists,
  ParameterNotFound,
  PutParameterCommand,
} from "@aws-sdk/client-ssm";
import type { SSMClient, Tag } from "@aws-sdk/client-ssm";
import { redactError } from "../../runtime/aws/error.ts";
import { awsCall } from "./aws-call.ts";
import { ServiceError } from "./service-error.ts";

/** The present state of a `SecureString`. */
export interface FoundSecret {
  /** Decrypted: it must not reach any message or result. */
  value: string;
  /** Milliseconds since the epoch. */
  writtenAt: number;
  /** How often it was written since its creation: above 1, SSM still shows earlier values. */
  version: number;
}

export interface NewSecret {
  value: string;
  /** ARN of the key that encrypts it; absent: the account's default key. */
  keyId?: string;
  /** Its tags decide who may read it. */
  tags: Readonly<Record<string, string>>;
}

/** The SSM parameters that hold secrets. Its errors quote no value. */
export interface Secrets {
  /** Undefined: the parameter does not exist. */
  read(name: string): Promise<FoundSecret | undefined>;
  /** By name; a parameter that does not exist is absent. */
  readAll(names: readonly string[]): Promise<ReadonlyMap<string, FoundSecret>>;
  /**
   * Creates the parameter with its tags.
   *
   * @returns false if it exists already; then it stays as it is
   */
  create(name: string, secret: NewSecret): Promise<boolean>;
  /** Creates the parameter, or overwrites it; its tags exist before the value does. */
  write(name: string, secret: NewSecret): Promise<void>;
  /** @returns false if the parameter did not exist */
  remove(name: string): Promise<boolean>;
}

/** @throws ServiceError from each of its functions */
export function secretsOf(ssm: SSMClient): Secrets {
  const readAll: Secrets["readAll"] = async (names) => {
    const secrets = new Map<string, FoundSecret>();
    for (const Names of pieces(names, namesPerCall)) {
      const command = new GetParametersCommand({ Names, WithDecryption: true });
      const { Parameters: found } = await awsCall("ssm:GetParameters", () => ssm.send(command));
      for (const { Name, Value = "", LastModifiedDate, Version = 1 } of found ?? []) {
        secrets.set(Name!, { value: Value, writtenAt: LastModifiedDate?.getTime() ?? 0, version: Version });
      }
    }
    return secrets;
  };

  const read: Secrets["read"] = async (name) => (await readAll([name])).get(name);

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
      redactError(error, [value]); // SSM's validation errors can quote what they refuse.
      throw error;
    }
  };

  const create: Secrets["create"] = async (name, secret) => {
    try {
      await put(name, secret, { Tags: tagsOf(secret) });
      return true;
    } catch (error) {
      if (error instanceof ServiceError && error.cause instanceof ParameterAlreadyExists) return false;
      throw error;
    }
  };

  const overwrite = async (name: string, secret: NewSecret) => {
    const command = new AddTagsToResourceCommand({
      ResourceType: "Parameter",
      ResourceId: name,
      Tags: tagsOf(secret),
    });
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
    readAll,
    create,
    remove,
    write: async (name, secret) => {
      // SSM accepts tags only at creation, and refuses them together with an overwrite.
      const isThere = (await read(name)) !== undefined || !(await create(name, secret));
      if (isThere) await overwrite(name, secret);
    },
  };
}

function tagsOf({ tags }: NewSecret): Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}
