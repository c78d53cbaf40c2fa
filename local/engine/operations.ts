import type { DestroyOptions, EngineEvent, Stack, UpOptions } from "@pulumi/pulumi/automation/index.js";

/** The result of an `up`, as the engine reported it. */
export interface Update {
  /** Number of resources by kind of step: `create`, `update`, `same`, … */
  changes: Readonly<Partial<Record<string, number>>>;
  /** What the program returned, with `[secret]` for each secret. */
  outputs: Readonly<Record<string, unknown>>;
}

/** What the engine can be asked to do with the stack of a local cloud. */
export interface LocalStack {
  up(options?: UpOptions): Promise<Update>;
  preview: Stack["preview"];
  destroy(options?: DestroyOptions): Promise<void>;
}

/**
 * A stack that starts the engine once for each operation. The Automation API
 * would start it three times more after an update and once more after a
 * destroy, to read the outputs and the changes, which the events have already
 * reported.
 */
export function localStack(stack: Stack): LocalStack {
  stack.outputs = () => Promise.resolve({});
  stack.info = () => Promise.resolve(undefined);
  return {
    up: async (options) => {
      let update: Update = { changes: {}, outputs: {} };
      const onEvent = (event: EngineEvent) => {
        update = { ...update, ...reportedBy(event) };
        options?.onEvent?.(event);
      };
      await stack.up({ ...options, onEvent });
      return update;
    },
    preview: (options) => stack.preview(options),
    destroy: async (options) => {
      await stack.destroy(options);
    },
  };
}

/** The part of an update that an event reports; most events report none of it. */
function reportedBy({ summaryEvent, resOutputsEvent }: EngineEvent): Partial<Update> {
  if (summaryEvent) return { changes: summaryEvent.resourceChanges };
  const { type, new: after } = resOutputsEvent?.metadata ?? {};
  // The program itself is a resource, and its outputs are those of the stack.
  return type === "pulumi:pulumi:Stack" && after ? { outputs: after.outputs } : {};
}
