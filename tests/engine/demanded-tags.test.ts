import { expect } from "chai";
import { installedApp } from "../../local/github/installed-app.ts";
import { startEnvironment } from "../environment.ts";
import type { TestEnvironment } from "../environment.ts";
import { toolsLimitMs } from "../find-tools.ts";
import { instanceOf, oneRunner, rosterOf } from "../journey/one-runner.ts";
import { impatient } from "../journey/user-jobs.ts";
import { upWithBudget } from "./pass-minutes.ts";

/*
 * An organisation can refuse to create anything without its tags. This
 * environment has everything that an environment can have.
 */
describe("an account that refuses resources without a tag", function () {
  this.timeout(600_000);
  let environment: TestEnvironment;

  before(async function () {
    this.timeout(toolsLimitMs);
    environment = await startEnvironment(impatient);
    environment.cloud.aws.demandTags("cost-centre");
    await environment.configure((config) => {
      oneRunner({}, { enabled: false })(config);
      config["longhaul:tags"] = { "cost-centre": "4711" };
      config["longhaul:budget"] = { monthlyUsd: 600 };
      config["longhaul:alarms"] = { emails: ["ops@example.com"] };
      config["longhaul:wakeOnDemand"] = { enabled: true, app: installedApp };
    });
  });
  after(() => environment.close());

  it("accepts a whole environment with that tag, which is in each request that creates something", async () => {
    await upWithBudget(environment);
    const [machine] = rosterOf(environment).map((id) => instanceOf(environment, id));
    expect(machine!.tags).to.include({ "cost-centre": "4711" });
    expect(machine!.volumeTags).to.include({ "cost-centre": "4711" });
    for (const { name, tags } of Object.values(environment.cloud.aws.account.parameters)) {
      expect(tags, name).to.include({ "cost-centre": "4711" });
    }
  });
});
