import { wakingRepositories } from "../derive.ts";
import { hasFunctionUrls } from "../function-urls.ts";
import { lowerCase, repeated } from "./repeated.ts";
import type { Finding } from "../issues.ts";
import type { Configuration } from "../schema.ts";

/** Which repositories' jobs wake machines, and which fleet jobs without labels wake. */
export function wakeOnDemandFindings(configuration: Configuration): Finding[] {
  const { wakeOnDemand, github, fleets } = configuration;
  const { repositories = [], emptyLabels } = wakeOnDemand;
  return [
    ...regionFindings(configuration),
    ...repositoriesFindings(repositories, github),
    ...(wakeOnDemand.app ? appFindings(configuration) : []),
    ...(emptyLabels === undefined || fleets[emptyLabels] ? [] : [unknownFleet(emptyLabels, fleets)]),
  ];
}

function regionFindings({ wakeOnDemand, aws }: Configuration): Finding[] {
  if (!wakeOnDemand.enabled || hasFunctionUrls(aws.region)) return [];
  const message =
    `is true, and AWS Lambda has no function URLs in ${aws.region}, which GitHub's webhook would be sent to; ` +
    "take another region, or set it to false and have workingHours or minimumAwake keep machines awake";
  return [{ path: ["wakeOnDemand", "enabled"], message, because: [["aws", "region"]] }];
}

const scope = [
  ["github", "organization"],
  ["github", "repository"],
];

function repositoriesFindings(
  repositories: readonly string[],
  { repository, runnerGroup }: Configuration["github"],
): Finding[] {
  const path = ["wakeOnDemand", "repositories"];
  if (repositories.length === 0) return [];
  if (repository !== undefined) {
    const message = `is for organisations only: the jobs of ${repository} are the ones that count; remove it`;
    return [{ path, message, because: scope }];
  }
  const allowed = runnerGroup?.visibility === "selected" ? runnerGroup.repositories : undefined;
  const again = repeated(repositories, lowerCase);
  return repositories.flatMap((name, index): Finding[] => {
    const here = [...path, index];
    if (again.includes(index)) {
      return [{ path: here, message: `"${name}" is there already; remove one` }];
    }
    if (!allowed || indexOf(allowed, name) >= 0) return [];
    const message = `${name} may not use the runner group "${runnerGroup!.name}", so its jobs would wake machines that they cannot use; add it to github.runnerGroup.repositories, or remove it`;
    return [{ path: here, message, because: [["github", "runnerGroup"]] }];
  });
}

/** GitHub accepts no more repositories for a token. */
const maxRepositories = 500;

function appFindings(configuration: Configuration): Finding[] {
  const path = ["wakeOnDemand", "app"];
  if (!configuration.wakeOnDemand.enabled) {
    const message =
      "is asked for jobs that wake machines, and enabled is false; set it to true, or remove app";
    return [{ path, message, because: [["wakeOnDemand", "enabled"]] }];
  }
  const repositories = wakingRepositories(configuration);
  const because = [["wakeOnDemand", "repositories"], ...scope, ["github", "runnerGroup"]];
  if (!repositories) {
    const message =
      "asks each repository by its name, and none is named; name them in wakeOnDemand.repositories, or in a runner group with visibility selected";
    return [{ path, message, because }];
  }
  if (repositories.length <= maxRepositories) return [];
  const message = `would ask ${repositories.length} repositories, and GitHub gives a token for at most ${maxRepositories}; name fewer in wakeOnDemand.repositories`;
  return [{ path, message, because }];
}

function unknownFleet(name: string, fleets: Configuration["fleets"]): Finding {
  const known = Object.keys(fleets).join(", ");
  return {
    path: ["wakeOnDemand", "emptyLabels"],
    message: `names the fleet ${name}, which does not exist; the fleets are: ${known}`,
    because: [["fleets"]],
  };
}

/** Names of repositories ignore case. */
function indexOf(names: readonly string[], name: string): number {
  return names.findIndex((other) => other.toLowerCase() === name.toLowerCase());
}
