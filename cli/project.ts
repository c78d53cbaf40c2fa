import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import { BadUsage } from "./exit-codes.ts";

/** What Pulumi.yaml says of a project. */
export interface Project {
  /** What the keys of its stacks' configuration begin with, before a colon. */
  name: string;
  /** Path of its program's file. */
  main: string;
}

const projectFile = "Pulumi.yaml";

/** @throws BadUsage when there is none: the folder or one above it must have a Pulumi.yaml */
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

/** @param folder where its Pulumi.yaml is */
export function readProject(folder: string): Project {
  const { name, main = "index.ts" } = parse(readFileSync(join(folder, projectFile), "utf8")) as {
    name: string;
    main?: string;
  };
  return { name, main: join(folder, main) };
}
