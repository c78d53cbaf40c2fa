import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import fc from "fast-check";
import { parse, stringify } from "yaml";
import type { GenerationTarget } from "../../../cli/rotate/generations.ts";
import { generationIn, raiseGenerations } from "../../../cli/rotate/generations.ts";

const raise = (text: string, number = 1, to = 2, fleet = "cloud") =>
  raiseGenerations(text, [{ fleet, number, to }]);

/** A stack file with this text as the value of the fleet `cloud`. */
const around = (cloud: string) => `# of the environment\nconfig:\n  longhaul:fleets:\n    cloud:${cloud}`;

describe("raising a generation in a stack file", () => {
  const rows: [what: string, before: string, after: string][] = [
    [
      "changes only the number, and keeps quotes and comments",
      around('\n      generations: # by hand\n        "1": 1 # the first\n        "2": 7\n'),
      around('\n      generations: # by hand\n        "1": 2 # the first\n        "2": 7\n'),
    ],
    [
      "changes it in a project of another name",
      "config:\n  aws:region: eu-central-1\n  ours:fleets: { cloud: { generations: { 1: 1 } } }\n",
      "config:\n  aws:region: eu-central-1\n  ours:fleets: { cloud: { generations: { 1: 2 } } }\n",
    ],
    [
      "adds the runner between its neighbours",
      around('\n      generations:\n        "0": 3 # odd\n        "2": 7\n      runners: 4\n'),
      around(
        '\n      generations:\n        "0": 3 # odd\n        "1": 2\n        "2": 7\n      runners: 4\n',
      ),
    ],
    [
      "adds the runner before its neighbours",
      around('\n      generations:\n        # the second\n        "2": 7\n'),
      around('\n      generations:\n        # the second\n        "1": 2\n        "2": 7\n'),
    ],
    [
      "adds the list after the number of runners",
      around("\n      runners: 2 # two\n\n      docker: false\n"),
      around('\n      runners: 2 # two\n      generations:\n        "1": 2\n\n      docker: false\n'),
    ],
    [
      "adds the list to a fleet without the number of runners",
      around("\n      docker: false\n"),
      around('\n      generations:\n        "1": 2\n      docker: false\n'),
    ],
    [
      "adds it at the end of a file without a last line break",
      around("\n      runners: 2"),
      around('\n      runners: 2\n      generations:\n        "1": 2'),
    ],
    ["keeps braces", around(" {runners: 2}\n"), around(' {runners: 2, generations: { "1": 2 }}\n')],
    [
      "keeps inner braces",
      around(' {generations: {"2": 3}}\n'),
      around(' {generations: {"1": 2, "2": 3}}\n'),
    ],
    ["fills empty braces", around(" {} # defaults\n"), around(' { generations: { "1": 2 } } # defaults\n')],
    [
      "takes a key without quotes",
      around("\n      generations: {1: 1}\n"),
      around("\n      generations: {1: 2}\n"),
    ],
    [
      "keeps the line breaks of another system",
      around("\n      runners: 2\n").replaceAll("\n", "\r\n"),
      around('\n      runners: 2\n      generations:\n        "1": 2\n').replaceAll("\n", "\r\n"),
    ],
  ];
  for (const [what, before, after] of rows) {
    it(what, () => {
      expect(raise(before)).to.equal(after);
      expect(generationIn(after, { fleet: "cloud", number: 1 })).to.equal(2);
    });
  }

  it("changes one line of the project's own stack files, or adds two", () => {
    for (const [file, more] of [
      ["Pulumi.dev.yaml", 0],
      ["Pulumi.local.yaml", 2],
    ] as const) {
      const text = readFileSync(join(import.meta.dirname, "../../..", file), "utf8");
      const raised = raise(text).split("\n");
      const lines = text.split("\n");
      expect(raised.length - lines.length, file).to.equal(more);
      expect(lines.filter((line) => !raised.includes(line)).length, file).to.be.at.most(1);
    }
  });

  it("refuses a fleet that shares its text with another, because both would be rotated", () => {
    const shared = around(' &shape\n      generations: { "1": 1 }\n    other: *shape\n');
    for (const fleet of ["cloud", "other"]) {
      expect(() => raise(shared, 1, 2, fleet)).to.throw(`runner 1 of the fleet ${fleet} cannot be raised`);
    }
  });
});

describe("any stack file after generations were raised", () => {
  const names = fc.constantFrom("cloud", "gpu", "arm");
  const fleet = fc.record(
    {
      docker: fc.boolean(),
      runners: fc.integer({ min: 1, max: 9 }),
      generations: fc.dictionary(fc.integer({ min: 1, max: 9 }).map(String), fc.integer({ min: 1, max: 99 })),
      labels: fc.array(fc.string()),
      bootSteps: fc.array(fc.string({ minLength: 1 }), { minLength: 1 }),
    },
    { requiredKeys: [] },
  );
  const files = fc
    .record({
      fleets: fc.dictionary(names, fleet, { minKeys: 1 }),
      rest: fc.dictionary(fc.stringMatching(/^longhaul:[a-e]+$/), fc.jsonValue({ maxDepth: 2 })),
      collectionStyle: fc.constantFrom("block" as const, "flow" as const, "any" as const),
      indent: fc.integer({ min: 1, max: 6 }),
      keepsLastBreak: fc.boolean(),
    })
    .map(({ fleets, rest, collectionStyle, indent, keepsLastBreak }) => {
      const config = { ...rest, "longhaul:fleets": fleets };
      const text = stringify({ config, encryptionsalt: "v1" }, { collectionStyle, indent })
        // A comment at the end of each line that can have one.
        .replaceAll(/(: [\w.]+|:)\n/g, "$1 # said by hand\n");
      return { fleet: Object.keys(fleets)[0]!, text: keepsLastBreak ? text : text.trimEnd() };
    });
  const cases = fc.tuple(
    files,
    fc.uniqueArray(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 }),
    fc.integer({ min: 1, max: 99 }),
  );
  const check = (rule: (text: string, steps: GenerationTarget[]) => void) => {
    fc.assert(
      fc.property(cases, ([{ fleet, text }, numbers, to]) => {
        rule(
          text,
          numbers.map((number) => ({ fleet, number, to })),
        );
      }),
      { numRuns: 30 },
    );
  };

  interface Content {
    config: { "longhaul:fleets": Record<string, { generations?: Record<string, number> }> };
  }

  it("has the new generations and otherwise its old content, and does not change when they are raised again", () => {
    check((text, steps) => {
      const content = parse(text) as Content;
      for (const { fleet, number, to } of steps) {
        const own = content.config["longhaul:fleets"][fleet]!;
        if (to !== (own.generations?.[number] ?? 1)) own.generations = { ...own.generations, [number]: to };
      }
      const raised = raiseGenerations(text, steps);
      expect(parse(raised)).to.deep.equal(content);
      expect(raiseGenerations(raised, steps)).to.equal(raised);
    });
  });

  it("differs at one place, by a number or by an added generation", () => {
    check((text, [step]) => {
      const { removed, added } = difference(text, raiseGenerations(text, [step!]));
      expect(removed).to.match(/^(\d*|\{\})$/);
      // The added text may begin or end in the middle of a word, because its neighbours can share letters or quotes.
      expect(added).to.match(/^[generatios":\d\s{},]*$/);
    });
  });

  /** The texts between the beginning and the end that both share. */
  function difference(before: string, after: string): { removed: string; added: string } {
    const shortest = Math.min(before.length, after.length);
    let start = 0;
    while (start < shortest && before[start] === after[start]) start++;
    let end = 0;
    while (end < shortest - start && before.at(-1 - end) === after.at(-1 - end)) end++;
    return {
      removed: before.slice(start, before.length - end),
      added: after.slice(start, after.length - end),
    };
  }
});
