import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { Failure } from "../../../contract/failure.ts";
import { findEngine } from "../../../local/engine/find-engine.ts";
import type { ToolInstaller } from "../../../local/engine/find-engine.ts";
import { toolVersions } from "../../../local/engine/tools.ts";

describe("where the engine comes from", () => {
  let dir: string;
  let cacheDir: string;
  let searchPath: string;
  const lines: string[] = [];

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "longhaul-engine-"));
    cacheDir = join(dir, "cache");
    searchPath = join(dir, "bin");
    await mkdir(searchPath);
    lines.length = 0;
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  const find = (...sources: ToolInstaller[]) =>
    findEngine({ searchPath, cacheDir, log: (line) => lines.push(line), sources });
  const putOnPath = (name: string, version: string) =>
    writeFile(join(searchPath, name), `#!/bin/sh\necho ${version}\n`, { mode: 0o755 });

  const works: ToolInstaller = {
    source: "built",
    install: async (tools, folder) => {
      await mkdir(join(folder, "bin"), { recursive: true });
      for (const tool of tools) await writeFile(join(folder, "bin", tool), "");
    },
  };
  const fails: ToolInstaller = {
    source: "downloaded",
    install: () => Promise.reject(new Failure("no route to the download")),
  };

  it("takes the tools on PATH and installs nothing", async () => {
    await putOnPath("pulumi", "v3.260.1");
    await putOnPath("act", "act version 0.2.89");
    const engine = await find();
    expect(engine.pulumi).to.deep.equal({
      path: join(searchPath, "pulumi"),
      version: "v3.260.1",
      source: "PATH",
    });
    expect(engine.act.version).to.equal("v0.2.89");
    expect(lines).to.deep.equal([]);
  });

  it("skips a tool on PATH that is too old, and says so", async () => {
    await putOnPath("pulumi", "v3.100.0");
    await putOnPath("act", "act version 0.2.89");
    const engine = await find(works);
    expect(engine.pulumi.source).to.equal("built");
    expect(engine.act.source).to.equal("PATH");
    expect(lines[0]).to.match(/pulumi is v3\.100\.0; v[\d.]+ or later is needed/);
  });

  it("tries the next installer when one fails, and keeps the result for the next time", async () => {
    const first = await find(fails, works);
    expect(first.pulumi).to.include({ version: toolVersions.pulumi, source: "built" });
    expect(lines).to.deep.equal(["not downloaded: no route to the download"]);
    const again = await find(); // No installer is given, so the tool must be found.
    expect(again).to.deep.equal(first);
    expect((await readdir(cacheDir)).filter((name) => name.startsWith("new-"))).to.deep.equal([]);
  });

  it("says what was tried and what to do when every installer fails", async () => {
    const error = await find(fails).then(
      () => undefined,
      (reason: unknown) => reason as Error,
    );
    expect(error?.message).to.include("needs pulumi and act");
    expect(error?.message).to.include("downloaded: no route to the download");
    expect(error?.message).to.include("install Go 1.26 or later");
  });

  it("does not use a half-made cache", async () => {
    await mkdir(join(cacheDir, `pulumi-${toolVersions.pulumi}`, "bin"), { recursive: true });
    await writeFile(join(cacheDir, `pulumi-${toolVersions.pulumi}`, "bin", "pulumi"), "half");
    const engine = await find(works);
    expect(await readFile(engine.pulumi.path, "utf8")).to.equal("");
  });

  it("builds the versions that it names", async () => {
    const module = await readFile(new URL("../../../local/engine/go.mod", import.meta.url), "utf8");
    expect(module).to.include(`github.com/pulumi/pulumi/pkg/v3 ${toolVersions.pulumi}`);
    expect(module).to.include(`github.com/nektos/act ${toolVersions.act}`);
  });
});
