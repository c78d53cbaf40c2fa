import { expect } from "chai";
import { Failure } from "../../../../contract/failure.ts";
import { readJobs, writeJobState } from "../../../../runtime/functions/job-table.ts";

const item = {
  id: { S: "7" },
  repository: { S: "acme/app" },
  labels: { L: [{ S: "self-hosted" }] },
  state: { S: "queued" },
  queuedAt: { N: "100" },
  at: { N: "100" },
  expiresAt: { N: "86500" },
  runner: { S: "dev-cloud-1" },
};
const job = {
  id: "7",
  repository: "acme/app",
  labels: ["self-hosted"],
  state: "queued",
  queuedAt: 100,
  at: 100,
  expiresAt: 86_500,
  wakes: 0,
  runner: "dev-cloud-1",
};

describe("the table of waiting jobs", () => {
  const read = (...pages: unknown[]) => readJobs("jobs", () => Promise.resolve(pages.shift()));

  it("is read to its last page, without what is no job", async () => {
    const pages = [
      { Items: [item], LastEvaluatedKey: { id: { S: "7" } } },
      { Items: [{ ...item, id: { S: "8" } }] },
    ];
    expect(await read(...pages)).to.deep.equal([job, { ...job, id: "8" }]);
    const strange = [
      null,
      7,
      {},
      { ...item, at: { N: "soon" } },
      { ...item, labels: { L: [null] } },
      { ...item, id: null },
    ];
    expect(await read({ Items: [...strange, item] })).to.deep.equal([job]);
  });

  for (const answer of [undefined, null, {}, [], { Items: {} }, { Items: [], LastEvaluatedKey: 7 }])
    it(`is not taken for empty where DynamoDB answers ${JSON.stringify(answer)}`, async () => {
      const error = await read(answer).catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(Failure);
      expect((error as Error).message).to.include("for the table jobs with no page of items");
    });

  it("gets each field of a report that its reader knows", async () => {
    let input: Record<string, unknown> = {};
    const { id, repository, labels, queuedAt, runner } = job;
    await writeJobState(
      "jobs",
      { id, repository, labels, queuedAt, runner, state: "queued" },
      100_000,
      (_, given) => {
        input = given;
        return Promise.resolve({});
      },
    );
    const values = input.ExpressionAttributeValues as Record<string, unknown>;
    const written = Object.entries(values).map(([name, value]) => [name.slice(1), value]);
    expect(input.Key).to.deep.equal({ id: item.id });
    expect(await read({ Items: [{ id: item.id, ...Object.fromEntries(written) }] })).to.deep.equal([job]);
  });
});
