import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { BadUsage } from "../../../cli/exit-codes.ts";
import { lackingPrograms, requirePrograms } from "../../../cli/verbs/local/requirements.ts";

describe("what a computer needs to boot local machines", () => {
  const python3 = "Python 3.11.2\n";
  const curlOf = (version: string) => `curl ${version} (x86_64-pc-linux-gnu) libcurl/${version}\n`;
  const rows: [what: string, found: Parameters<typeof lackingPrograms>[0], lacking: RegExp[]][] = [
    ["all is there", { curl: curlOf("7.88.1"), python3 }, []],
    ["the oldest curl that will do", { curl: curlOf("7.75.0"), python3 }, []],
    [
      "a curl that cannot sign",
      { curl: curlOf("7.68.0"), python3 },
      [/^curl 7\.75\.0 .*\(it is 7\.68\.0\)$/],
    ],
    ["no curl", { curl: undefined, python3 }, [/^curl .*\(it is not installed\)$/]],
    ["a curl that says something else", { curl: "busybox\n", python3 }, [/its version is unknown/]],
    ["no python3", { curl: curlOf("8.5.0"), python3: undefined }, [/^python3, .*\(it is not installed\)$/]],
    ["neither", { curl: undefined, python3: undefined }, [/^curl/, /^python3/]],
  ];
  for (const [what, found, lacking] of rows) {
    it(`${what}: ${lacking.length === 0 ? "nothing is lacking" : lacking.map(String).join(", ")}`, () => {
      const said = lackingPrograms(found);
      expect(said).to.have.length(lacking.length);
      lacking.forEach((pattern, index) => expect(said[index]).to.match(pattern));
    });
  }

  it("is searched on PATH, and reported in one sentence with how to install it", async () => {
    const empty = await mkdtemp(join(tmpdir(), "longhaul-path-"));
    const refusal: unknown = await requirePrograms({ base: { PATH: empty, HOME: empty } }).catch(
      (error: unknown) => error,
    );
    await rm(empty, { recursive: true });
    expect(refusal).to.be.instanceOf(BadUsage);
    expect((refusal as Error).message).to.match(
      /^Local machines need .*curl.*, and python3.*apt-get install/,
    );
  });
});
