import { execFile } from "node:child_process";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { deflateRawSync } from "node:zlib";
import { functionBundle } from "../../components/assets/assets.ts";
import { controllerConfiguration } from "../../components/fleet-controller/controller-configuration.ts";
import { receiverConfiguration } from "../../components/wake-on-demand/receiver-configuration.ts";
import { configurationFile } from "../../contract/names.ts";
import type { FunctionName } from "../../contract/names.ts";
import { queueUrlVariable } from "../../contract/receiver.ts";
import { exampleConfiguration } from "../../scripts/cost-example/example-configuration.ts";
import { median, table } from "./measure.ts";

const run = promisify(execFile);

const repetitions = 15;

/** What Lambda puts into a function's environment. */
const variables = {
  AWS_ACCESS_KEY_ID: "AKIA",
  AWS_SECRET_ACCESS_KEY: "secret",
  AWS_SESSION_TOKEN: "token",
  [queueUrlVariable]: "https://sqs/queue",
};

/**
 * The size of the functions, and the time that a fresh process takes to import
 * them, beside an empty module.
 */
export async function bundlesTable(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "longhaul-bench-"));
  try {
    const files = [
      await deployed("controller", dir),
      await deployed("receiver", dir),
      await emptyModule(dir),
    ];
    const times = files.map(() => [] as number[]);
    // Alternate between them, so that other load on the computer affects all of them.
    for (let repetition = 0; repetition < repetitions; repetition += 1) {
      for (const [index, { path }] of files.entries()) times[index]!.push(await importMs(path));
    }
    const rows = files.map(({ name, bytes, zipped }, index) => [
      name,
      String(bytes),
      String(zipped),
      `${median(times[index]!).toFixed(1)} ms`,
    ]);
    return table(["module", "bytes", "zipped", "import"], rows);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

interface ModuleFile {
  name: string;
  path: string;
  bytes: number;
  zipped: number;
}

/** Writes a function's bundle with its configuration beside it, into a folder of its own as in Lambda. */
async function deployed(name: FunctionName, dir: string): Promise<ModuleFile> {
  const folder = await mkdtemp(join(dir, `${name}-`));
  const path = join(folder, `${name}.mjs`);
  await copyFile(functionBundle(name), path);
  const configurationOf = { controller: controllerConfiguration, receiver: receiverConfiguration }[name];
  await writeFile(
    join(folder, configurationFile),
    JSON.stringify(configurationOf("bench", exampleConfiguration(1))),
  );
  return moduleFile(name, path);
}

async function emptyModule(dir: string): Promise<ModuleFile> {
  const path = join(dir, "empty.mjs");
  await writeFile(path, "export {};\n");
  return moduleFile("an empty module", path);
}

async function moduleFile(name: string, path: string): Promise<ModuleFile> {
  const content = await readFile(path);
  return { name, path, bytes: content.length, zipped: zippedBytes(path, content) };
}

/**
 * The size of a ZIP archive of one file. It contains the file's name twice,
 * between records of 30, 46 and 22 bytes.
 */
function zippedBytes(path: string, content: Uint8Array): number {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return deflateRawSync(content, { level: 9 }).length + 2 * name.length + 30 + 46 + 22;
}

/** Milliseconds of the import itself, without the start of the process. */
async function importMs(path: string): Promise<number> {
  const program =
    "const started = performance.now();" +
    `await import(${JSON.stringify(pathToFileURL(path).href)});` +
    "console.log(performance.now() - started);";
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", program], {
    env: variables,
    timeout: 30_000,
  });
  return Number(stdout);
}
