import { repeated } from "./repeated.ts";
import { partitionOf } from "../derive.ts";
import type { Finding } from "../issues.ts";
import { partitions } from "../partitions.ts";
import type { Configuration } from "../schema.ts";

export function budgetFindings(configuration: Configuration): Finding[] {
  return configuration.budget.monthlyUsd === undefined
    ? withoutBudget(configuration)
    : [
        ...awsBudgetFindings(configuration),
        ...dayFindings(configuration),
        ...repeatedFindings(configuration),
        ...roleFindings(configuration),
      ];
}

/** AWS's own budget, if there is one, and the keys that belong to it. */
function awsBudgetFindings({ aws, budget }: Configuration): Finding[] {
  if (!budget.awsBudget) {
    return Object.entries(secondLineOf(budget)).flatMap(([key, isSaid]) =>
      isSaid
        ? [
            {
              path: ["budget", key],
              message: "belongs to AWS's own budget, and budget.awsBudget is false; remove it",
            },
          ]
        : [],
    );
  }
  const { withoutUsdBudgets } = partitions[partitionOf(aws)];
  if (withoutUsdBudgets === undefined) return [];
  const message =
    `is true, and a limit in US dollars cannot be made in ${aws.region}: ${withoutUsdBudgets}; ` +
    "set it to false, and the controller's own meter alone turns power off when the month's money is spent";
  return [{ path: ["budget", "awsBudget"], message, because: [["aws", "region"]] }];
}

/** The configured keys that only AWS's own budget uses. */
function secondLineOf({ costAllocationTag, deniedRoles }: Configuration["budget"]) {
  return { costAllocationTag, deniedRoles: deniedRoles.length > 0 };
}

/** Keys that belong to a budget have no effect without one. */
function withoutBudget({ budget }: Configuration): Finding[] {
  const said = {
    dailyUsd: budget.dailyUsd !== undefined,
    awsBudget: !budget.awsBudget,
    ...secondLineOf(budget),
  };
  return Object.entries(said).flatMap(([key, isSaid]) =>
    isSaid ? [{ path: ["budget", key], message: "needs a budget: set budget.monthlyUsd" }] : [],
  );
}

function repeatedFindings({ budget }: Configuration): Finding[] {
  return repeated(budget.deniedRoles).map((index) => ({
    path: ["budget", "deniedRoles", index],
    message: `"${budget.deniedRoles[index]!}" is there already; remove one`,
  }));
}

/** AWS denies a hundred roles at most, including those of the controller and the fleets. */
const maxDeniedRoles = 100;

function roleFindings({ budget, fleets }: Configuration): Finding[] {
  if (!budget.awsBudget) return [];
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
