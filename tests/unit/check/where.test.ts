import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";

const docs = join(import.meta.dirname, "../../../docs");
const page = readFileSync(join(docs, "where.md"), "utf8");

describe("docs/where.md", () => {
  const rows = page.split("\n").filter((line) => /^\| (?!to change|---)/.test(line));

  it("has at least twenty rows, and each names a test", () => {
    expect(rows.length).to.be.at.least(20);
    for (const row of rows) expect(row.split("|").at(-2), row).to.match(/\]\(\.\.\/tests\/.*\.test\.ts\)/);
  });

  it("names files that exist", () => {
    const links = [...page.matchAll(/\]\(([^)#]+)\)/g)].map(([, path]) => path!);
    expect(links.length).to.be.at.least(60);
    expect(links.filter((path) => !existsSync(join(docs, path)))).to.deep.equal([]);
  });

  it("names at most three files for when an idle machine decides to sleep", () => {
    const [, , begin, then] = rows
      .find((row) => row.startsWith("| when an idle machine decides to sleep"))!
      .split("|");
    expect([...`${begin!}${then!}`.matchAll(/\]\(/g)].length).to.be.at.most(3);
  });
});
