import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { mutants } from "../../mutants/list.ts";
import { planted } from "../../mutants/plant.ts";

const project = join(import.meta.dirname, "../../..");

describe("the faults that are planted by `npm run mutants`", () => {
  for (const mutant of mutants) {
    it(`fit the files: ${mutant.harm}`, () => {
      const text = readFileSync(join(project, mutant.file), "utf8");
      expect(planted(mutant, text)).not.to.equal(text);
      for (const test of mutant.tests) expect(existsSync(join(project, test)), test).to.equal(true);
    });
  }

  it("are refused if the text occurs nowhere or twice", () => {
    const fault = { file: "a.ts", from: "x", to: "y" };
    expect(planted(fault, "a x b")).to.equal("a y b");
    expect(() => planted(fault, "a")).to.throw('a.ts holds "x" nowhere');
    expect(() => planted(fault, "x x")).to.throw('a.ts holds "x" 2 times');
  });
});
