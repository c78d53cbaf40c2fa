import { expect } from "chai";
import { readCleanFiles } from "../../../scripts/check/clean-files.ts";
import { put, temporaryFolder } from "../runtime/fixture.ts";

describe("the files that the linter can skip", () => {
  let folder: ReturnType<typeof temporaryFolder>;
  const files = ["caller.ts", "middle.ts", "callee.ts", "other.ts"];
  beforeEach(() => {
    folder = temporaryFolder();
    write("caller.ts", 'import { middle } from "./middle.ts"; middle();');
    write("middle.ts", 'export * from "./callee.ts"; type Later = import("./caller.ts").Later;');
    write("callee.ts", "export const middle = () => undefined;");
    write("other.ts", "export const other = 1;");
    write("eslint.config.js", "export default [];");
  });
  afterEach(() => {
    folder.remove();
  });

  const write = (file: string, text: string) => {
    put(`${folder.path}/${file}`, text);
  };
  const open = () => readCleanFiles(folder.path, `${folder.path}/cache/lint.json`);

  it("are none at first", () => {
    expect(open().due(files)).to.deep.equal(files);
  });

  it("are none if their memory is damaged", () => {
    for (const text of ["", "null", "[]", '{"caller.ts"']) {
      write("cache/lint.json", text);
      expect(open().due(files), text).to.deep.equal(files);
    }
  });

  it("are those that were found clean and have not changed", () => {
    open().remember(["caller.ts", "middle.ts", "other.ts"]);
    expect(open().due(files)).to.deep.equal(["callee.ts"]);
    write("other.ts", "export const other = 2;");
    expect(open().due(files)).to.deep.equal(["callee.ts", "other.ts"]);
  });

  it("exclude files that import a changed file, even indirectly, because a call may now lack its await", () => {
    open().remember(files);
    write("callee.ts", "export const middle = async () => undefined;");
    expect(open().due(files)).to.deep.equal(["caller.ts", "middle.ts", "callee.ts"]);
  });

  it("are none after the rules have changed", () => {
    open().remember(files);
    write("eslint.config.js", "export default [{}];");
    expect(open().due(files)).to.deep.equal(files);
  });
});
