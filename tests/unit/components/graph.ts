import type { Evaluation, Registration } from "./harness.ts";

/** Questions about the graph of resources that a program registers. */
export interface Graph {
  all: readonly Registration[];
  /** Resources of a type, by its last part: `Instance`, `Command`. */
  ofType(type: string): Registration[];
  /** The one resource of a type and a name. */
  one(type: string, name: string | RegExp): Registration;
  /** URNs of everything that a resource depends on, directly or indirectly, without the resource itself. */
  dependenciesOf(resource: Registration): Set<string>;
  /** The component that a resource is a child of. */
  parentOf(resource: Registration): Registration | undefined;
}

export function graphOf({ registrations }: Pick<Evaluation<unknown>, "registrations">): Graph {
  const byUrn = new Map(registrations.map((registration) => [registration.urn, registration]));
  const ofType = (type: string) => registrations.filter((one) => one.type.split(":").at(-1) === type);
  return {
    all: registrations,
    ofType,
    one: (type, name) => {
      const found = ofType(type).filter((resource) =>
        typeof name === "string" ? resource.name === name : name.test(resource.name),
      );
      if (found.length !== 1) {
        throw new Error(
          `${found.length} resources of type ${type} match ${String(name)}: ${found.map((one) => one.name).join(", ")}`,
        );
      }
      return found[0]!;
    },
    dependenciesOf: (resource) => {
      const reached = new Set<string>();
      const visit = (urns: readonly string[]) => {
        for (const urn of urns) {
          if (reached.has(urn)) continue;
          reached.add(urn);
          visit(byUrn.get(urn)?.dependencies ?? []);
        }
      };
      visit(resource.dependencies);
      return reached;
    },
    parentOf: (resource) => byUrn.get(resource.parent),
  };
}

/** The request that a Command hands to `longhaul`, parsed. */
export function requestOf(command: Registration): Record<string, unknown> {
  const { LONGHAUL_REQUEST: text } = command.inputs.environment as Record<string, string>;
  return JSON.parse(text!) as Record<string, unknown>;
}
