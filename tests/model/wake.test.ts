import { expect } from "chai";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { generatedSection } from "../../scripts/generated-section.ts";
import { createBucket } from "../bench/throttle.ts";
import { wakeTable } from "../bench/wake.ts";

describe("a bucket of tokens", () => {
  it("gives its size at once, and then its rate each second, up to its size", () => {
    let now = 0;
    const bucket = createBucket({ size: 5, perSecond: 2 }, () => now);
    const taken = () => Array.from({ length: 20 }, () => bucket.take(1)).filter(Boolean).length;
    expect(taken()).to.equal(5);
    now = 1;
    expect(taken()).to.equal(2);
    now = 1000;
    expect(taken()).to.equal(5);
  });

  it("gives none if there are too few, and keeps what it has", () => {
    const bucket = createBucket({ size: 5, perSecond: 2 }, () => 0);
    expect([bucket.take(6), bucket.take(5), bucket.take(1)]).to.deep.equal([false, true, false]);
  });
});

describe("the table of waking machines", () => {
  it("is in docs/benchmarks.md as the benchmark makes it", async function () {
    this.timeout(30_000);
    const document = readFileSync(join(import.meta.dirname, "../../docs/benchmarks.md"), "utf8");
    expect(generatedSection(document, "bench wake"), 'put there what "npm run bench wake" prints').to.equal(
      `\`\`\`\n${await wakeTable()}\n\`\`\``,
    );
  });
});
