import { repeated } from "./repeated.ts";
import type { Finding } from "../issues.ts";
import type { Configuration } from "../schema.ts";

export function budgetFindings(configuration: Configuration): Finding[] {
  return configuration.budget.monthlyUsd === undefined
    ? withoutBudget(configuration)
    : [...dayFindings(configuration), ...repeatedFindings(configuration), ...roleFindings(configuration)];
}

/** What belongs to a budget says nothing without one. */
function withoutBudget({ budget }: Configuration): Finding[] {
  const { dailyUsd, costAllocationTag, deniedRoles } = budget;
  const said = {
    dailyUsd: dailyUsd !== undefined,
    costAllocationTag,
    deniedRoles: deniedRoles.length > 0,
  };
  return Object.entries(said).flatMap(([key, isSaid]) =>
    isSaid
      ? [{ path: ["budget", key], message: "belongs to a budget, and there is none: set budget.monthlyUsd" }]
      : [],
  );
}

function repeatedFindings({ budget }: Configuration): Finding[] {
  return repeated(budget.deniedRoles).map((index) => ({
    path: ["budget", "deniedRoles", index],
    message: `"${budget.deniedRoles[index]!}" is there already; remove one`,
  }));
}

/** AWS denies a hundred roles at most: the controller's and the fleets' are among them. */
const maxDeniedRoles = 100;

function roleFindings({ budget, fleets }: Configuration): Finding[] {
  const own = 1 + Object.keys(fleets).length;
  const total = own + budget.deniedRoles.length;
  if (total <= maxDeniedRoles) return [];
  const message = `names ${budget.deniedRoles.length} roles beside the ${own} of the environment, and AWS denies ${maxDeniedRoles} at most`;
  return [{ path: ["budget", "deniedRoles"], message }];
}

function dayFindings({ budget: { monthlyUsd, dailyUsd } }: Configuration): Finding[] {
  if (dailyUsd === undefined || dailyUsd <= monthlyUsd!) return [];
  const message = `is ${dailyUsd}, more than the ${monthlyUsd!} of the whole month (budget.monthlyUsd)`;
  return [{ path: ["budget", "dailyUsd"], message }];
}
