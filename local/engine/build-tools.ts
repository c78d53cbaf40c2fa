import { spawn } from "node:child_process";
import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ownPath } from "../own-files.ts";
import { Failure, messageOf } from "../../contract/failure.ts";
import type { ToolName } from "./tools.ts";

const packages: Record<ToolName, string> = {
  pulumi: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
  act: "github.com/nektos/act",
};

/** Twice the time that two cores need with empty caches. The limit is for a proxy that hangs. */
const buildLimitMs = 20 * 60_000;

/**
 * Builds the tools from the Go module proxy, in the versions of go.mod beside
 * this file. This takes some minutes on two cores; progress is logged.
 */
export async function buildTools(
  tools: readonly ToolName[],
  versions: Record<ToolName, string>,
  folder: string,
  log: (line: string) => void,
): Promise<void> {
  const source = join(folder, "module");
  await mkdir(source, { recursive: true });
  for (const file of ["go.mod", "go.sum"]) await copyFile(ownPath(`engine/${file}`), join(source, file));
  // A build from the module proxy does not know its own version.
  const version = `-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=${versions.pulumi}`;
  const args = [
    "install",
    "-v",
    "-trimpath",
    "-ldflags",
    `-s -w ${version}`,
    ...tools.map((tool) => packages[tool]),
  ];
  log(`building ${tools.join(" and ")} with Go: about four minutes on two cores, once`);
  const started = performance.now();
  const compiler = spawn("go", args, {
    cwd: source,
    env: { ...process.env, GOBIN: join(folder, "bin"), GOFLAGS: "-mod=mod" },
    stdio: ["ignore", "ignore", "pipe"],
    timeout: buildLimitMs,
  });
  let compiled = 0;
  const lastLines: string[] = [];
  const progress = setInterval(() => {
    log(`building: ${compiled} packages in ${Math.round((performance.now() - started) / 1000)} s`);
  }, 15_000);
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      compiler.on("error", (error) => {
        reject(new Failure(`Go could not be started (${messageOf(error)})`));
      });
      createInterface(compiler.stderr).on("line", (line) => {
        if (!line.startsWith("go: downloading")) compiled += 1;
        lastLines.push(line);
        if (lastLines.length > 5) lastLines.shift();
      });
      compiler.on("close", resolve);
    });
    if (code !== 0)
      throw new Failure(`go install ended with ${code ?? "a signal"}: ${lastLines.join(" | ")}`);
  } finally {
    clearInterval(progress);
  }
}
