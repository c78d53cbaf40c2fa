import { expect } from "chai";
import type { Metafile } from "esbuild";
import { readFileSync, rmSync } from "node:fs";
import { isBuilt, recordBuild, recordFile } from "../../../scripts/build-record.ts";
import { put, temporaryFolder } from "../runtime/fixture.ts";

const metafile: Metafile = {
  inputs: {
    "runtime/agent/main.ts": { bytes: 1, imports: [] },
    "node_modules/zod/index.js": { bytes: 1, imports: [] },
  },
  outputs: { "dist/agent.mjs": { bytes: 1, inputs: {}, imports: [], exports: [] } },
};
const sources = [
  "runtime/agent/main.ts",
  "package.json",
  "package-lock.json",
  "scripts/build.ts",
  "scripts/unused-schemas.ts",
  "tsconfig.json",
];

describe("the build that tests run", () => {
  let folder: ReturnType<typeof temporaryFolder>;
  beforeEach(() => {
    folder = temporaryFolder();
    for (const path of [...sources, "dist/agent.mjs"]) write(path, path);
  });
  afterEach(() => {
    folder.remove();
  });

  const write = (path: string, text: string) => {
    put(`${folder.path}/${path}`, text);
  };
  const build = (began = Infinity) => {
    write(recordFile, recordBuild(folder.path, [metafile], began));
  };

  it("is made if there is no build", () => {
    expect(isBuilt(folder.path)).to.equal(false);
  });

  it("is reused while its sources are the same", () => {
    build();
    expect(isBuilt(folder.path)).to.equal(true);
    write("runtime/agent/other.ts", "not in it");
    expect(isBuilt(folder.path)).to.equal(true);
  });

  for (const text of ["", "null", "{}", "[]", '{"package.json"', '{"package.json":7}']) {
    it(`is made again if its record is damaged: ${text}`, () => {
      write(recordFile, text);
      expect(isBuilt(folder.path)).to.equal(false);
    });
  }

  for (const path of [...sources, "dist/agent.mjs"]) {
    it(`is made again if ${path} has changed, or is gone`, () => {
      build();
      write(path, "changed");
      expect(isBuilt(folder.path)).to.equal(false);
      rmSync(`${folder.path}/${path}`);
      expect(isBuilt(folder.path)).to.equal(false);
    });
  }

  it("is made again if a source has changed during the build", () => {
    build(0);
    expect(isBuilt(folder.path)).to.equal(false);
  });

  it("cannot be recorded if one of its files is missing", () => {
    rmSync(`${folder.path}/dist/agent.mjs`);
    expect(() => recordBuild(folder.path, [metafile], Infinity)).to.throw(/ENOENT.*agent\.mjs/);
  });

  it("does not record packages, because package-lock.json names them", () => {
    build();
    expect(readFileSync(`${folder.path}/${recordFile}`, "utf8")).not.to.include("node_modules");
  });
});
