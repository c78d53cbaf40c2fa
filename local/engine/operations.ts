import type { DestroyOptions, EngineEvent, Stack, UpOptions } from "@pulumi/pulumi/automation/index.js";

/** What an `up` came to, as the engine has told it. */
export interface Update {
  /** How many resources each kind of step was for: `create`, `update`, `same`, … */
  changes: Readonly<Partial<Record<string, number>>>;
  /** What the program returned; a secret is `[secret]`. */
  outputs: Readonly<Record<string, unknown>>;
}

/** What the engine can be asked to do with the stack of a local cloud. */
export interface LocalStack {
  up(options?: UpOptions): Promise<Update>;
  preview: Stack["preview"];
  destroy(options?: DestroyOptions): Promise<void>;
}

/**
 * A stack whose operations start the engine once. The Automation API's start it
 * three times more after an update and once more after a destroy, to read the
 * outputs and the changes, which the events have told before.
 */
export function localStack(stack: Stack): LocalStack {
  stack.outputs = () => Promise.resolve({});
  stack.info = () => Promise.resolve(undefined);
  return {
    up: async (options) => {
      let update: Update = { changes: {}, outputs: {} };
      const onEvent = (event: EngineEvent) => {
        update = { ...update, ...toldBy(event) };
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

/** What of an update an event tells; most tell nothing of it. */
function toldBy({ summaryEvent, resOutputsEvent }: EngineEvent): Partial<Update> {
  if (summaryEvent) return { changes: summaryEvent.resourceChanges };
  const { type, new: after } = resOutputsEvent?.metadata ?? {};
  // The program itself is a resource, and its outputs are those of the stack.
  return type === "pulumi:pulumi:Stack" && after ? { outputs: after.outputs } : {};
}
