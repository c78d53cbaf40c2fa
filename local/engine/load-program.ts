import { pathToFileURL } from "node:url";
import type { PulumiFn } from "@pulumi/pulumi/automation/index.js";
import { register } from "tsx/esm/api";
import { Failure } from "../../contract/failure.ts";

/**
 * A Pulumi program as a function that an engine calls in this process. It may be
 * called more than once, while a module is evaluated only once: so what the
 * program makes must be in its default function.
 *
 * @param path of its main file, JavaScript or TypeScript, an ES module
 * @throws when it cannot be loaded, or has no default function
 */
export async function loadProgram(path: string): Promise<PulumiFn> {
  register(); // Modules that are imported from now on may be TypeScript.
  const { default: program } = (await import(pathToFileURL(path).href)) as { default?: unknown };
  if (typeof program !== "function") {
    throw new Failure(
      `${path} does not export its program as a default function, which the local cloud calls for each update: ` +
        "write what it makes into `export default async function () { … }`.",
    );
  }
  return program as PulumiFn;
}
