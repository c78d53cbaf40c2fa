import type { Finding } from "../issues.ts";
import { limits } from "../limits.ts";
import type { GithubConfiguration, SmokeTestConfiguration } from "../schema.ts";

/** The smoke test fits into a job, and its workflow has a repository that may use the runners. */
export function smokeTestFindings(smokeTest: SmokeTestConfiguration, github: GithubConfiguration): Finding[] {
  return [...minutesFindings(smokeTest), ...repositoryFindings(smokeTest, github)];
}

function minutesFindings({ minutes }: SmokeTestConfiguration): Finding[] {
  const most = limits.jobMinutes - limits.smokeMarginMinutes;
  if (minutes <= most) return [];
  return [
    {
      path: ["smokeTest", "minutes"],
      message:
        `must be at most ${most}: GitHub ends a job after ${limits.jobMinutes} minutes (5 days), ` +
        `and the test needs ${limits.smokeMarginMinutes} beside them; it is ${minutes}`,
    },
  ];
}

function repositoryFindings(
  { enabled, repository }: SmokeTestConfiguration,
  github: GithubConfiguration,
): Finding[] {
  const path = ["smokeTest", "repository"];
  const because = [
    ["github", "organization"],
    ["github", "repository"],
  ];
  if (github.repository !== undefined) {
    if (repository === undefined) return [];
    const message = `is for organisations only: the workflow goes into ${github.repository}, to which the runners belong; remove it`;
    return [{ path, message, because }];
  }
  if (!enabled || github.organization === undefined) return [];
  if (repository === undefined) {
    const message = `is missing: the runners belong to the organisation ${github.organization}, so name the repository that gets the workflow, or set enabled to false`;
    return [{ path, message, because: [...because, ["smokeTest", "enabled"]] }];
  }
  const group = github.runnerGroup;
  if (group?.visibility !== "selected" || includes(group.repositories, repository)) return [];
  return [
    {
      path,
      message: `${repository} may not use the runner group "${group.name}", so its workflow would wait for ever; add it to github.runnerGroup.repositories`,
      because: [["github", "runnerGroup"]],
    },
  ];
}

/** Names of repositories ignore case. */
function includes(names: readonly string[], name: string): boolean {
  return names.some((other) => other.toLowerCase() === name.toLowerCase());
}
