import * as pulumi from "@pulumi/pulumi";
import type { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb.js";
import { withShortStacks } from "../../short-stacks.ts";
import { mockCloud } from "./mock-cloud.ts";
import type { MockAccount } from "./mock-cloud.ts";

/** A request to register a resource, complete, as the engine would get it. */
export interface Registration {
  urn: string;
  type: string;
  name: string;
  custom: boolean;
  /** URN, or an empty text if there is no parent. */
  parent: string;
  /** Provider reference: `<urn>::<id>`. */
  provider: string;
  /** Inputs as they are sent: a secret in its wrapper, an unknown value as its marker. */
  inputs: Record<string, unknown>;
  /** URNs. */
  dependencies: readonly string[];
  protect: boolean;
  retainOnDelete: boolean;
  deleteBeforeReplace: boolean;
  ignoreChanges: readonly string[];
  /** Outputs that the engine encrypts in the state, though the provider does not call them secret. */
  additionalSecretOutputs: readonly string[];
  /** Id of the existing thing that is imported, or an empty text if the resource is created. */
  importId: string;
  replaceOnChanges: readonly string[];
  /** A change of this value replaces the resource. */
  replacementTrigger: unknown;
  aliases: number;
}

export interface Evaluation<Result> {
  registrations: Registration[];
  /** Calls of provider functions, with their arguments and the provider's reference, which is empty for the default provider. */
  calls: { token: string; inputs: Record<string, unknown>; provider: string }[];
  result: Result;
}

export interface EvaluationOptions extends MockAccount {
  /** Name of the project. */
  project?: string;
  /** Name of the stack. */
  environment?: string;
  /** Whether this is a preview, in which resources have no ids and what is computed from them is unknown. */
  preview?: boolean;
  /** Gets the registrations, including those of a program that fails. */
  registrations?: Registration[];
}

/** The marker of an unknown value on the wire. */
export const unknownMarker = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/**
 * Evaluates a program against the mocks and waits for everything that it set
 * off. Fails if any registration or call fails, even one that is not awaited.
 */
export async function evaluate<Result>(
  program: () => Result | Promise<Result>,
  {
    project = "longhaul",
    environment = "dev",
    preview = false,
    registrations = [],
    ...account
  }: EvaluationOptions = {},
): Promise<Evaluation<Result>> {
  const calls: Evaluation<Result>["calls"] = [];
  const failures: unknown[] = [];
  const cloud = mockCloud(account);
  const note = (error: unknown) => {
    failures.push(error);
    throw error;
  };

  await pulumi.runtime.setMocks(
    {
      newResource: (args) => {
        try {
          const { id, state } = cloud.newResource(args) as pulumi.runtime.MockResourceResult;
          return { id: preview ? undefined : id, state: preview ? (args.inputs as object) : state };
        } catch (error) {
          return note(error);
        }
      },
      call: (args) => {
        const inputs = args.inputs as Record<string, unknown>;
        calls.push({ token: args.token, inputs, provider: args.provider ?? "" });
        try {
          return cloud.call(args);
        } catch (error) {
          return note(error);
        }
      },
    },
    project,
    environment,
    preview,
  );
  recordRequests(registrations);
  const result = await withShortStacks(async () => {
    try {
      return await program();
    } finally {
      await settled();
    }
  });
  if (failures.length > 0) throw failures[0];
  return { registrations, calls, result };
}

/** The value of an output, or undefined when it is unknown. */
export function valueOf<T>(output: pulumi.Output<T>): Promise<T | undefined> {
  // `promise` exists on every output but is not in the typings.
  return (output as unknown as { promise(): Promise<T | undefined> }).promise();
}

function recordRequests(registrations: Registration[]): void {
  const monitor = pulumi.runtime.getMonitor()!;
  type Register = (
    request: RegisterResourceRequest,
    callback: (error: Error | null, response?: { getUrn(): string }) => void,
  ) => unknown;
  const register = (monitor.registerResource as unknown as Register).bind(monitor);
  const recording: Register = (request, callback) =>
    register(request, (error, response) => {
      if (response) registrations.push(registrationOf(request, response.getUrn()));
      callback(error, response);
    });
  Object.assign(monitor, { registerResource: recording });
}

function registrationOf(request: RegisterResourceRequest, urn: string): Registration {
  return {
    urn,
    type: request.getType(),
    name: request.getName(),
    custom: request.getCustom(),
    parent: request.getParent(),
    provider: request.getProvider(),
    inputs: request.getObject()?.toJavaScript() ?? {},
    dependencies: request.getDependenciesList(),
    protect: request.getProtect() ?? false,
    retainOnDelete: request.getRetainondelete() ?? false,
    deleteBeforeReplace: request.getDeletebeforereplace(),
    ignoreChanges: request.getIgnorechangesList(),
    additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
    importId: request.getImportid(),
    replaceOnChanges: request.getReplaceonchangesList(),
    replacementTrigger: request.getReplacementTrigger()?.toJavaScript(),
    aliases: request.getAliasesList().length,
  };
}

/** Waits for all requests. The function is in the runtime but not in its typings. */
function settled(): Promise<void> {
  return (pulumi.runtime as unknown as { waitForRPCs(): Promise<void> }).waitForRPCs();
}
