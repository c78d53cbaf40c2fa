import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { Linter } from "eslint";
import tseslint from "typescript-eslint";
import { rooms, roomsPlugin } from "../../../eslint.rooms.js";
import { filesBelow } from "../../../scripts/check/files-below.ts";
import { importsOf } from "../../../scripts/check/imports.ts";

const project = join(import.meta.dirname, "../../..");

describe("the rooms of the project", () => {
  const refusals = (path: string, code: string): string[] =>
    new Linter({ cwd: project })
      .verify(
        code,
        {
          files: ["**/*.ts"],
          languageOptions: { parser: tseslint.parser },
          plugins: { rooms: roomsPlugin },
          rules: { "rooms/imports": "error" },
        },
        join(project, path),
      )
      .map(({ message }) => message);

  for (const [path, code] of [
    ["runtime/agent/decide.ts", 'import type { Plan } from "../functions/controller/decide.ts";'],
    ["runtime/functions/controller/decide.ts", 'import { decide } from "../../agent/decide.ts";'],
    ["runtime/functions/controller/observe.ts", 'import { isSigned } from "../receiver/decide-delivery.ts";'],
    ["runtime/functions/job-table.ts", 'import { decide } from "./controller/decide.ts";'],
    ["runtime/aws/client.ts", 'export { decide } from "../agent/decide.ts";'],
    ["cli/clients/aws.ts", 'export * from "../../scripts/build.ts";'],
    ["cli/verbs/settle.ts", 'const { targetOf } = await import("../../components/index.ts");'],
    ["cli/verbs/settle.ts", 'type Cloud = import("../../local/cloud.ts").LocalCloud;'],
    ["config/load.ts", 'import { openEnvironment } from "../cli/environment.ts";'],
    ["contract/names.ts", 'import { limits } from "../config/limits.ts";'],
    ["local/cloud.ts", 'import stack from "../index.ts";'],
    ["index.ts", 'import { main } from "./cli/main.ts";'],
    ["runtime/agent/decide.ts", 'import controller from "#controller";'],
    ["runtime/functions/controller/decide.ts", 'const agent = await import("#agent");'],
    ["cli/clients/aws.ts", 'import { RunnerFleet } from "longhaul";'],
    ["components/index.ts", 'import { main } from "longhaul/main";'],
    ["contract/names.ts", 'import { serveCloud } from "longhaul-local";'],
    ["cli/verbs/settle.ts", 'import { serveCloud } from "longhaul-local";'],
    ["cli/main.ts", "const build = await import(`../scripts/build.ts`);"],
  ] as const) {
    it(`refuse in ${path}: ${code}`, () => {
      expect(refusals(path, code)).to.have.lengthOf(1);
      expect(refusals(path, code)[0]).to.match(/must not import .*: see docs\/architecture\.md/);
    });
  }

  it("let a file import its own room, those below it and packages", () => {
    const code =
      'import "./power.ts"; import "../../aws/client.ts"; import "../job-table.ts"; import "saxen";';
    expect(refusals("runtime/functions/controller/decide.ts", code)).to.deep.equal([]);
    expect(refusals("tests/unit/some.test.ts", 'import "../../local/cloud.ts";')).to.deep.equal([]);
  });

  it("are all in the table of docs/architecture.md", () => {
    const page = readFileSync(join(project, "docs/architecture.md"), "utf8");
    const table = [...page.matchAll(/^\| `([^`]+)` +\|/gm)].map(([, name]) => name!.replace(/\/$/, ""));
    const folders = Object.keys(rooms).filter((room) => !room.endsWith(".ts"));
    expect(folders.filter((room) => !table.includes(room))).to.deep.equal([]);
  });
});

it("no file imports another that imports it, directly or indirectly", () => {
  const files = filesBelow(project).filter((file) => file.endsWith(".ts") && !file.startsWith("tests/"));
  const imports = new Map(
    files.map((file) => [file, importsOf(file, readFileSync(join(project, file), "utf8"))]),
  );
  expect(circles(imports)).to.deep.equal([]);
});

/** Each circle that a walk along the imports finds, as the files on it. */
function circles(imports: ReadonlyMap<string, readonly string[]>): string[][] {
  const done = new Set<string>();
  const found: string[][] = [];
  const walk = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) {
      found.push([...path.slice(path.indexOf(file)), file]);
    } else if (!done.has(file)) {
      for (const next of imports.get(file) ?? []) walk(next, [...path, file]);
      done.add(file);
    }
  };
  for (const file of imports.keys()) walk(file, []);
  return found;
}
