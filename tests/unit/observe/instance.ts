import type { Instance } from "../../../observe/machine.ts";

const madeAt = "2026-03-01T10:00:00.000Z";

/** An instance as EC2 describes it, with the values that a test sets. */
export function instanceWith(own: Partial<Instance> & Pick<Instance, "id">): Instance {
  return {
    state: "running",
    stateReason: "",
    imageId: "ami-0a10ca1c10ad24041",
    launchedAt: own.createdAt ?? madeAt,
    createdAt: madeAt,
    tags: {},
    ...own,
  };
}
