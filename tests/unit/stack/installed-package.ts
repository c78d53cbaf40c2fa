import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

const project = join(import.meta.dirname, "../../..");

/** Paths of the files that npm would publish, from the folder of the package. */
export function packedFiles(folder = project): string[] {
  const json = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  // A list in older releases of npm, an object by the package's name in newer ones.
  const [packed] = Object.values(JSON.parse(json) as Record<string, { files: { path: string }[] }>);
  return packed!.files.map(({ path }) => path);
}

/**
 * Makes the project of a user who has installed both packages: the files of
 * each are those that npm would publish and nothing else, without the type
 * declarations. Other packages are this project's.
 *
 * @param folder an empty one
 */
export function installPackages(folder: string): void {
  const modules = join(folder, "node_modules");
  mkdirSync(modules);
  for (const name of readdirSync(join(project, "node_modules"))) {
    if (name !== "longhaul-local") symlinkSync(join(project, "node_modules", name), join(modules, name));
  }
  for (const [name, source] of [
    ["longhaul", project],
    ["longhaul-local", join(project, "local")],
  ] as const) {
    for (const path of packedFiles(source).filter((path) => !path.startsWith("dist/types/"))) {
      cpSync(join(source, path), join(modules, name, path));
    }
  }
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "ours", type: "module" }));
}

/**
 * Makes such a project with the stack's own program, which imports from the
 * package, with type declarations as they are when npm prepares the package.
 *
 * @param folder an empty one
 * @returns path of the program
 */
export function makeConsumer(folder: string): string {
  installPackages(folder);
  writeDeclarations(join(folder, "node_modules/longhaul"));
  const program = join(folder, "index.ts");
  const text = readFileSync(join(project, "index.ts"), "utf8");
  writeFileSync(program, text.replaceAll('"./components/index.ts"', '"longhaul"'));
  return program;
}

function writeDeclarations(installed: string): void {
  const file = join(project, "tsconfig.build.json");
  const { config } = ts.readConfigFile(file, (path) => ts.sys.readFile(path)) as { config: object };
  const { fileNames, options } = ts.parseJsonConfigFileContent(config, ts.sys, project);
  ts.createProgram(fileNames, { ...options, outDir: join(installed, "dist/types") }).emit();
}

/**
 * The compiler's errors in the program, and in the package's declarations
 * that it reaches, where `moduleResolution` is the given one.
 */
export function compile(program: string, resolution: "node16" | "nodenext" | "bundler"): string[] {
  const settings = {
    node16: { module: ts.ModuleKind.Node16, moduleResolution: ts.ModuleResolutionKind.Node16 },
    nodenext: { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
    bundler: { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler },
  }[resolution];
  const compiled = ts.createProgram([program], {
    ...settings,
    target: ts.ScriptTarget.ES2023,
    lib: ["lib.es2023.d.ts"],
    types: ["node"],
    strict: true,
    noEmit: true,
  });
  const ours = compiled.getSourceFiles().filter(({ fileName }) => /\/index\.ts$|\/longhaul\//.test(fileName));
  return ours
    .flatMap((file) => compiled.getSemanticDiagnostics(file))
    .map(
      ({ file, messageText }) => `${file!.fileName}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`,
    );
}
