import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { checkFile } from "./check-file.ts";
import { BadUsage } from "./exit-codes.ts";

/** A project, as its Pulumi.yaml describes it. */
export interface Project {
  /** What the keys of its stacks' configuration begin with, before a colon. */
  name: string;
  /** Path of its program's file. */
  main: string;
}

const projectFile = "Pulumi.yaml";

/** @throws BadUsage when neither the folder nor one above it has a Pulumi.yaml */
export function findProject(folder: string): string {
  for (let here = folder; ; here = dirname(here)) {
    if (existsSync(join(here, projectFile))) return here;
    if (dirname(here) === here) {
      throw new BadUsage(
        `Neither ${folder} nor a folder above it has a ${projectFile}: name the project with --cwd.`,
      );
    }
  }
}

const projectSchema = z.looseObject({
  name: z.string().min(1),
  main: z.string().min(1).default("index.ts"),
});

/**
 * @param folder where its Pulumi.yaml is
 * @throws {Failure} naming each value that is missing or of another kind
 */
export function readProject(folder: string): Project {
  const path = join(folder, projectFile);
  const { name, main } = checkFile(path, projectSchema, parse(readFileSync(path, "utf8")));
  return { name, main: join(folder, main) };
}
