import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { readStackFile } from "../../../cli/environment.ts";
import { readProject } from "../../../cli/project.ts";
import { generationIn, raiseGenerations } from "../../../cli/rotate/generations.ts";
import { Failure } from "../../../contract/failure.ts";

describe("the files of a project that people write", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "longhaul-project-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  const put = (file: string, text: string) => {
    writeFileSync(join(folder, file), text);
    return join(folder, file);
  };

  it("contain the project's name and the path of its program", () => {
    put("Pulumi.yaml", "name: ours\nruntime: nodejs\n");
    expect(readProject(folder)).to.deep.equal({ name: "ours", main: join(folder, "index.ts") });
    put("Pulumi.yaml", "name: ours\nmain: infra.ts\n");
    expect(readProject(folder).main).to.equal(join(folder, "infra.ts"));
  });

  for (const [text, sentence] of [
    ["", "it must be a map of keys; it is empty"],
    ["- a\n", "it must be a map of keys; it is a list"],
    ["runtime: nodejs\n", "name is missing"],
    ["name: 7\n", "name must be text; it is 7"],
    ["name: ours\nmain: [a]\n", "main must be text; it is a list"],
  ] as const)
    it(`are refused by their path and what is wrong: a Pulumi.yaml of ${JSON.stringify(text)}`, () => {
      const path = put("Pulumi.yaml", text);
      expect(() => readProject(folder))
        .to.throw(Failure, `${path} cannot be used; correct it and run this again:`)
        .with.property("message")
        .include(sentence);
    });

  for (const text of ["config: 7\n", "config: [a]\n", "- a\n"])
    it(`are refused by their path and what is wrong: a stack file of ${JSON.stringify(text)}`, async () => {
      put("Pulumi.yaml", "name: ours\n");
      const path = put("Pulumi.dev.yaml", text);
      const error = await readStackFile("dev", path, {}).catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(Failure);
      expect((error as Error).message)
        .to.include(`${path} cannot be used`)
        .and.include("must be a map of keys");
    });

  const runner = { fleet: "cloud", number: 1 };
  for (const [text, sentence] of [
    ["config: 7\n", "config must be a map of keys; it is 7"],
    ["a: 7\n", "config is missing"],
    ["config:\n  ours:fleets: { cloud: 7 }\n", "it must be a map of keys; it is 7"],
    ["config:\n  ours:fleets: { cloud: { generations: [1] } }\n", "generations must be a map of keys"],
    ["config:\n  ours:fleets: { cloud: { generations: { 1: new } } }\n", "generations.1 must be a number"],
  ] as const)
    it(`are not written where a generation stands in ${JSON.stringify(text)}`, () => {
      expect(() => generationIn(text, runner)).to.throw(Failure, sentence);
      expect(() => raiseGenerations(text, [{ ...runner, to: 2 }])).to.throw(Failure, sentence);
    });

  it("may hold another project's settings of any shape", () => {
    const text = "config:\n  theirs:fleets: many\n  ours:fleets: { cloud: { generations: { 1: 3 } } }\n";
    expect(generationIn(text, runner)).to.equal(3);
  });
});
