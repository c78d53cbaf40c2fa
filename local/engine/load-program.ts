import { pathToFileURL } from "node:url";
import type { PulumiFn } from "@pulumi/pulumi/automation/index.js";
import { Failure } from "../../contract/failure.ts";

/**
 * A Pulumi program as a function that an engine calls in this process. The
 * function may be called more than once, but a module is evaluated only once.
 * So the program must create its resources in its default function.
 *
 * @param path of its main file, JavaScript or TypeScript, an ES module
 * @throws when it cannot be loaded, or has no default function
 */
export async function loadProgram(path: string): Promise<PulumiFn> {
  await acceptTypescript();
  const { default: program } = (await import(pathToFileURL(path).href)) as { default?: unknown };
  if (typeof program !== "function") {
    throw new Failure(
      `${path} does not export its program as a default function, which the local cloud calls for each update: ` +
        "create the resources in `export default async function () { … }`.",
    );
  }
  return program as PulumiFn;
}

/** From now on, modules that are imported may be TypeScript. */
async function acceptTypescript(): Promise<void> {
  process.env.TSX_DISABLE_CACHE = "1"; // Otherwise tsx leaves a folder in the user's temporary folder. tsx reads this variable when it is loaded.
  const { register } = await import("tsx/esm/api");
  register();
}
