import { Failure } from "../../../contract/failure.ts";
import type { Properties, ResourceType } from "../../provider.ts";
import type { ApiClient, Connect } from "./client.ts";

/** A resource type with operations that use a connected client. */
export interface ApiResource {
  create: (client: ApiClient, inputs: Properties) => Promise<{ id: string; state: Properties }>;
  read: (client: ApiClient, id: string, state: Properties) => Promise<Properties | undefined>;
  update: (client: ApiClient, id: string, state: Properties, inputs: Properties) => Promise<Properties>;
  /** Deleting a resource that is already gone is not an error. */
  delete: (client: ApiClient, id: string, state: Properties) => Promise<void>;
  replaceOn: readonly string[];
}

export function resourceType(connect: Connect, resource: ApiResource): ResourceType {
  return {
    create: (inputs, configuration) => resource.create(connect(configuration), inputs),
    read: (id, state, configuration) => resource.read(connect(configuration), id, state),
    update: (id, state, inputs, configuration) => resource.update(connect(configuration), id, state, inputs),
    delete: (id, state, configuration) => resource.delete(connect(configuration), id, state),
    replaceOn: resource.replaceOn,
  };
}

/** A property that must be text. */
export function text(value: unknown): string {
  if (typeof value !== "string") throw new Failure(`expected a text, found ${JSON.stringify(value)}`);
  return value;
}
