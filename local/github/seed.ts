import { createHash } from "node:crypto";
import { createFaults } from "./faults.ts";
import type { Model, Repository } from "./model.ts";
import { defaultTokens, defaultWireTimes } from "./options.ts";
import type { GithubArguments } from "./options.ts";
import { defaultRunnerGroup } from "./rest/organization.ts";

/** GitHub's state at the start. */
export function newModel({ clock, tokens, apps = [], options }: GithubArguments): Model {
  // GitHub's numbers are large. Large ids here reveal code that uses them as array indices.
  let lastId = 9_100_000_000;
  const nextId = () => ++lastId;
  const organization = options.organization ?? "acme";
  return {
    clock,
    wireNow: options.wireNow ?? Date.now,
    wire: { ...defaultWireTimes, ...options.wire },
    faults: createFaults(),
    offeredRunner: { version: "2.338.0", releasedAt: clock.now() },
    minimumRunnerVersion: options.minimumRunnerVersion ?? "2.329.0",
    hourlyRateLimit: options.hourlyRateLimit ?? 5000,
    url: "",
    organization,
    repositories: (options.repositories ?? ["app"]).map((name) =>
      newRepository(nextId(), organization, name),
    ),
    tokens: new Map(Object.entries(tokens ?? defaultTokens)),
    apps,
    registrationTokens: new Map(),
    groups: [defaultRunnerGroup()],
    variables: new Map(),
    runners: [],
    runs: [],
    dispatches: [],
    hooks: [],
    deliveries: [],
    nextId,
  };
}

function newRepository(id: number, owner: string, name: string): Repository {
  const sha = createHash("sha1").update(name).digest("hex");
  return { id, owner, name, defaultBranch: "main", branches: new Map([["main", { sha, files: new Map() }]]) };
}
