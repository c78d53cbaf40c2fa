import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";

/** Most resources that are named; more would not fit into a line. */
const namedAtMost = 3;

const verbs: Record<string, string> = {
  create: "makes",
  "create-replacement": "makes",
  update: "changes",
  delete: "deletes",
  "delete-replaced": "deletes",
};

/** What the engine is doing now, from its events. */
export interface UnderWay {
  see: (event: EngineEvent) => void;
  /** As the end of a sentence: `the engine, which deletes local-cloud-eu-central-1-guard`. */
  words: () => string;
}

/** Records the steps that have begun and not ended. Steps that change nothing do not count. */
export function createUnderWay(): UnderWay {
  const steps = new Map<string, string>();
  return {
    see: ({ resourcePreEvent, resOutputsEvent, resOpFailedEvent }) => {
      const ended = resOutputsEvent ?? resOpFailedEvent;
      if (ended) steps.delete(ended.metadata.urn);
      if (!resourcePreEvent || resourcePreEvent.planning) return;
      const { urn, op } = resourcePreEvent.metadata;
      const verb = verbs[op];
      if (verb !== undefined) steps.set(urn, `${verb} ${urn.split("::").pop()!}`);
    },
    words: () => {
      const named = [...steps.values()].slice(0, namedAtMost);
      if (named.length === 0) return "the engine";
      const others = steps.size - named.length;
      return `the engine, which ${named.join(", ")}${others > 0 ? ` and ${others} more` : ""}`;
    },
  };
}
