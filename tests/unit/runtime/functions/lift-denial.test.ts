import { expect } from "chai";
import {
  liftDenial,
  liftSteps,
  looksAtDenial,
} from "../../../../runtime/functions/controller/lift-denial.ts";

const budget = { account: "123456789012", name: "longhaul-dev" };

describe("the denial of AWS's budget", () => {
  const attached = [{ id: "a", status: "EXECUTION_SUCCESS" }];
  const takenBack = [{ id: "a", status: "REVERSE_SUCCESS" }];

  it("stays while AWS says that the budget is spent, whatever the meter says", () => {
    expect(liftSteps(attached, { limit: 500, actual: 500 })).to.deep.equal([]);
    expect(liftSteps(takenBack, { limit: 500, actual: 800 })).to.deep.equal([]);
    expect(liftSteps(attached, { limit: 500, actual: NaN })).to.deep.equal([]);
  });

  it("is withdrawn when AWS says that the budget is not spent, and then the budget is watched again", () => {
    expect(liftSteps(attached, { limit: 500, actual: 3 })).to.deep.equal([
      { id: "a", step: "REVERSE_BUDGET_ACTION" },
    ]);
    expect(liftSteps(takenBack, { limit: 500, actual: 3 })).to.deep.equal([
      { id: "a", step: "RESET_BUDGET_ACTION" },
    ]);
  });

  it("is withdrawn again after AWS has failed halfway, or could not watch the budget again", () => {
    const step = (status: string) => liftSteps([{ id: "a", status }], { limit: 500, actual: 3 })[0]?.step;
    expect(step("EXECUTION_FAILURE")).to.equal("REVERSE_BUDGET_ACTION");
    expect(step("REVERSE_FAILURE")).to.equal("REVERSE_BUDGET_ACTION");
    expect(step("RESET_FAILURE")).to.equal("RESET_BUDGET_ACTION");
  });

  it("is left alone in any other state", () => {
    for (const status of ["STANDBY", "PENDING", "EXECUTION_IN_PROGRESS", "REVERSE_IN_PROGRESS", "anything"]) {
      expect(liftSteps([{ id: "a", status }], { limit: 500, actual: 3 }), status).to.deep.equal([]);
    }
  });

  it("is looked at every five minutes", () => {
    const minutes = [...Array(60).keys()].filter((minute) =>
      looksAtDenial(Date.parse("2026-11-26T12:00:20Z") + minute * 60_000),
    );
    expect(minutes).to.deep.equal([2, 7, 12, 17, 22, 27, 32, 37, 42, 47, 52, 57]);
  });

  /** An AWS with these answers, by action. Records the calls. */
  async function lift(answers: Record<string, unknown>): Promise<{ calls: unknown[]; lines: string[] }> {
    const calls: unknown[] = [];
    const lines = await liftDenial(budget, (action, input) => {
      calls.push([action, input]);
      return Promise.resolve(answers[action]);
    });
    return { calls, lines };
  }
  const named = { AccountId: "123456789012", BudgetName: "longhaul-dev" };
  const figures = (actual: unknown) => ({
    Budget: { BudgetLimit: { Amount: "500" }, CalculatedSpend: { ActualSpend: actual } },
  });

  it("costs one call while nothing is denied", async () => {
    const { calls, lines } = await lift({
      "budgets:DescribeBudgetActionsForBudget": { Actions: [{ ActionId: "a", Status: "STANDBY" }] },
    });
    expect(calls).to.deep.equal([["budgets:DescribeBudgetActionsForBudget", named]]);
    expect(lines).to.deep.equal([]);
  });

  it("is withdrawn with a line that gives AWS's figures", async () => {
    const { calls, lines } = await lift({
      "budgets:DescribeBudgetActionsForBudget": { Actions: [{ ActionId: "a", Status: "EXECUTION_SUCCESS" }] },
      "budgets:DescribeBudget": figures({ Amount: "12.5" }),
    });
    expect(calls.at(-1)).to.deep.equal([
      "budgets:ExecuteBudgetAction",
      { ...named, ActionId: "a", ExecutionType: "REVERSE_BUDGET_ACTION" },
    ]);
    expect(lines[0]).to.include("12.5 of 500 USD");
  });

  it("stays if AWS has no figures, or answers something else", async () => {
    for (const answer of [figures(undefined), figures({ Amount: "many" }), {}, undefined, []]) {
      const { lines } = await lift({
        "budgets:DescribeBudgetActionsForBudget": {
          Actions: [{ ActionId: "a", Status: "EXECUTION_SUCCESS" }, "?"],
        },
        "budgets:DescribeBudget": answer,
      });
      expect(lines).to.deep.equal([]);
    }
  });
});
