import { expect } from "chai";
import { NotFinished } from "../../../cli/exit-codes.ts";
import { lift } from "../../../cli/budget/lift.ts";

const target = {
  environment: "dev",
  aws: { account: "123456789012", region: "eu-central-1", endpoints: {} },
  github: { apiUrl: "https://api.github.com", url: "https://github.com", owner: "acme" },
};
const budget = "longhaul-dev-eu-central-1";

/** Lifts a budget. @param states of its action in each answer of AWS; the last one is repeated */
async function lifting(...states: string[]) {
  let time = 0;
  const [steps, said]: [unknown[], string[]] = [[], []];
  const say = (line: string) => void said.push(line);
  const ending = await lift(
    {
      aws: {
        budgets: (action, input) => {
          if (action === "budgets:ExecuteBudgetAction") steps.push(input);
          const Status = states.length > 1 ? states.shift() : states[0];
          return Promise.resolve({ Actions: Status === undefined ? [] : [{ ActionId: "a", Status }] });
        },
      },
      clock: {
        now: () => time,
        sleep: (milliseconds) => {
          time += milliseconds;
          return Promise.resolve();
        },
      },
      output: { result: say, say, progress: say },
    },
    { target, budget },
  ).then(
    () => "done" as const,
    (error: unknown) => error,
  );
  return { ending, steps, said: said.join("\n") };
}

describe("lifting what AWS's budget has denied", () => {
  it("does nothing if nothing was denied", async () => {
    for (const state of [undefined, "STANDBY", "REVERSE_SUCCESS"]) {
      const { ending, steps, said } = await lifting(...(state === undefined ? [] : [state]));
      expect({ ending, steps }, state).to.deep.equal({ ending: "done", steps: [] });
      expect(said).to.include(`${budget} denies no role any more`);
    }
  });

  it("reverses the denial whatever was spent, and waits for it", async () => {
    // The second of these is the answer to the step itself.
    const { ending, steps } = await lifting(
      "EXECUTION_SUCCESS",
      "",
      "REVERSE_IN_PROGRESS",
      "REVERSE_SUCCESS",
    );
    expect(ending).to.equal("done");
    expect(steps).to.deep.equal([
      {
        AccountId: "123456789012",
        BudgetName: budget,
        ActionId: "a",
        ExecutionType: "REVERSE_BUDGET_ACTION",
      },
    ]);
  });

  it("fails, which stops the deletion, if AWS does not finish in time", async () => {
    const { ending, steps } = await lifting("REVERSE_IN_PROGRESS");
    expect(ending).to.be.instanceOf(NotFinished);
    expect((ending as Error).message)
      .to.include("After 3 min")
      .and.include("a is REVERSE_IN_PROGRESS");
    expect(steps).to.deep.equal([]);
  });
});
