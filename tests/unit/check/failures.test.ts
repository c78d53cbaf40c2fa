import { join } from "node:path";
import { expect } from "chai";
import { ESLint } from "eslint";
import { rooms } from "../../../eslint.rooms.js";

const project = join(import.meta.dirname, "../../..");

/** Runs the project's own rules, with types, on a text in place of a file. */
describe("the rules on errors", function () {
  this.timeout(120_000);
  const eslint = new ESLint({ cwd: project });
  const ours = ["no-restricted-syntax", "failures/message"];

  const refusals = async (path: string, code: string): Promise<string[]> => {
    const results = await eslint.lintText(code, { filePath: join(project, path) });
    return results
      .flatMap(({ messages }) => messages)
      .filter(({ ruleId }) => ruleId === null || ours.includes(ruleId))
      .map(({ line, message }) => `${line}: ${message.split(":")[0]!}`);
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
