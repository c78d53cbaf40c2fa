import { cp, mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { ESLint } from "eslint";
import { rooms } from "../../../eslint.rooms.js";

const project = join(import.meta.dirname, "../../..");

describe("the rules on errors", function () {
  this.timeout(120_000);
  const eslint = new ESLint({ cwd: project });
  const ours = ["no-restricted-syntax", "failures/message"];

  /**
   * Runs the project's rules on a text, with types. The text gets a project of
   * its own, because the types of the whole checkout would take ten seconds.
   *
   * @param path the file in the checkout in place of which the text stands
   */
  const refusals = async (path: string, code: string): Promise<string[]> => {
    const folder = await realpath(await mkdtemp(join(tmpdir(), "longhaul-rules-")));
    try {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), code);
      for (const file of ["tsconfig.json", "contract/failure.ts"])
        await cp(join(project, file), join(folder, file));
      const planted = new ESLint({
        cwd: folder,
        overrideConfigFile: join(project, "eslint.config.js"),
        overrideConfig: { languageOptions: { parserOptions: { tsconfigRootDir: folder } } },
      });
      const results = await planted.lintFiles([path]);
      return results
        .flatMap(({ messages }) => messages)
        .filter(({ ruleId }) => ruleId === null || ours.includes(ruleId))
        .map(({ line, message }) => `${line}: ${message.split(":")[0]!}`);
    } finally {
      await rm(folder, { recursive: true });
    }
  };

  const whichKind = "Say which it is";
  const lost = "A fault loses its stack here";
  const planted = `
import { Failure, messageOf } from "../../contract/failure.ts";
export function act(work: () => void, failed: Promise<void>): string {
  try {
    work();
  } catch (error) {
    if (error instanceof Failure) return error.message;
    if (error instanceof RangeError) return error.message;
    if (error instanceof Error) throw new Error(messageOf(error));
    void failed.catch((reason: unknown) => (reason as Error).message);
    const { message } = error as TypeError;
    return message + String(error);
  }
  throw new TypeError({ message: "no error's" }.message);
}
`;

  it("refuse an error that is neither a failure nor a fault, and code that loses a stack", async () => {
    expect(await refusals("components/zones/zones.ts", planted)).to.have.members([
      `8: ${lost}`,
      `9: ${whichKind}`,
      `10: ${lost}`,
      `11: ${lost}`,
      `12: ${lost}`,
      `14: ${whichKind}`,
    ]);
  });

  it("apply in every room of the product, and nowhere else", async () => {
    const files = Object.keys(rooms).map((room) => (room.endsWith(".ts") ? room : `${room}/any.ts`));
    for (const file of files) {
      const { rules } = (await eslint.calculateConfigForFile(file)) as { rules: Record<string, unknown[]> };
      for (const rule of ours) expect(rules[rule]?.[0], `${rule} in ${file}`).to.equal(2);
    }
    const { rules } = (await eslint.calculateConfigForFile("tests/unit/any.test.ts")) as {
      rules: Record<string, unknown[]>;
    };
    for (const rule of ours) expect(rules[rule]).to.equal(undefined);
  });
});
