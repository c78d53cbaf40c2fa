import { expect } from "chai";
import fc from "fast-check";
import { XMLParser } from "fast-xml-parser";
import { readEc2Answer } from "../../../../runtime/functions/controller/ec2-answers.ts";
import { text, xmlReader } from "../../../../runtime/functions/controller/read-xml.ts";
import type { Wanted } from "../../../../runtime/functions/controller/read-xml.ts";
import { instancesAnswer, volumesAnswer } from "../../../bench/described-instances.ts";

/** Some of all the fields that are read of EC2's answers, in one document. */
const wanted = {
  reservationSet: [{ instancesSet: [{ instanceId: text, reason: text, instanceState: { name: text } }] }],
  tagSet: [{ key: text, value: text }],
  nextToken: text,
} as const;
const read = xmlReader("Answer", wanted);

/** The same fields, taken from another parser's tree. */
function pick(what: Wanted, node: unknown): unknown {
  const inside = (typeof node === "object" ? node : {}) as Record<string, unknown>;
  if (what === text) return typeof node === "string" ? node : (inside["#text"] ?? "");
  if (Array.isArray(what)) {
    const items = (inside.item ?? []) as unknown[];
    return items.map((item) => pick((what as readonly [Wanted])[0], item));
  }
  return Object.fromEntries(Object.entries(what).map(([name, child]) => [name, pick(child, inside[name])]));
}

const reference = new XMLParser({
  parseTagValue: false,
  ignoreAttributes: true,
  ignoreDeclaration: true,
  trimValues: false,
  htmlEntities: true,
  isArray: (name) => name === "item",
});
const byReference = (xml: string) =>
  pick({ Answer: wanted }, reference.parse(xml)) as { Answer: ReturnType<typeof read> };

/** Text that XML can hold, in one of the ways in which it can be written. */
const characters = fc
  .array(
    fc.oneof(
      fc.constantFrom("&", "<", ">", '"', "'", "]", "&amp;", "<item>", "😀", "ü", " ", "-"),
      fc.stringMatching(/^[\w:/.-]{1,8}$/),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(""));
const written: fc.Arbitrary<string> = fc
  .tuple(characters, fc.constantFrom("named", "decimal", "hexadecimal", "cdata"), fc.boolean())
  .map(([value, style, commented]) => {
    const escaped = {
      named: () =>
        value.replace(
          /[&<>"']/g,
          (one) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" })[one]!,
        ),
      decimal: () => value.replace(/[&<>😀]/gu, (one) => `&#${one.codePointAt(0)!};`),
      hexadecimal: () => value.replace(/[&<>😀]/gu, (one) => `&#x${one.codePointAt(0)!.toString(16)};`),
      cdata: () => `<![CDATA[${value.replaceAll("]]>", "")}]]>`,
    }[style]();
    return commented ? `<!-- <reason>no & part -->${escaped}` : escaped;
  });

const indents = ["", "\n", "\n    ", "\t"] as const;
const attributes = fc.constantFrom("", ' a="1"', " a='<\">'", ' xmlns:b="http://b/" b:c="a>b"', "\n");

function element(name: string, content: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .tuple(content, attributes, fc.boolean(), fc.constantFrom("", " ", "\n"))
    .map(([inside, more, closesItself, space]) =>
      inside === "" && closesItself ? `<${name}${more}/>` : `<${name}${more}>${inside}</${name}${space}>`,
    );
}

/** Each of these at most once, in any order, among others that are not read. */
function elements(...children: fc.Arbitrary<string>[]): fc.Arbitrary<string> {
  const others = fc.constantFrom(
    "",
    "<!-- </item> -->",
    "<other/>",
    "<?other <item>?>",
    "<otherSet><item><instanceId>i-other</instanceId><nextToken>x</nextToken></item><item/></otherSet>",
  );
  return fc
    .tuple(
      fc.shuffledSubarray([...children.keys()]),
      fc.tuple(...children),
      fc.array(others, { maxLength: 3 }),
      fc.constantFrom(...indents),
    )
    .map(([order, all, noise, indent]) => {
      const parts = order.flatMap((place, index) => [noise[index] ?? "", all[place]!]);
      return parts.map((part) => `${indent}${part}`).join("");
    });
}

function list(name: string, item: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const items = fc
    .tuple(fc.array(element("item", item), { maxLength: 3 }), fc.constantFrom(...indents))
    .map(([all, indent]) => all.map((one) => `${indent}${one}`).join(""));
  return element(name, items);
}

const instance = elements(
  element("instanceId", written),
  element("reason", written),
  element("instanceState", elements(element("name", written), element("code", written))),
);
const answer = element(
  "Answer",
  elements(
    list("reservationSet", elements(list("instancesSet", instance), element("ownerId", written))),
    list("tagSet", elements(element("key", written), element("value", written))),
    element("nextToken", written),
  ),
).map((root) => `<?xml version="1.0" encoding="UTF-8"?>\n${root}\n`);

describe("EC2's XML", () => {
  it("is read as another parser reads it", () => {
    fc.assert(
      fc.property(answer, (xml) => {
        expect(read(xml)).to.deep.equal(byReference(xml).Answer);
      }),
      { numRuns: 500 },
    );
  });

  it("that is cut off at any place is refused, not read as half a list", () => {
    fc.assert(
      fc.property(answer, fc.nat(), (xml, anywhere) => {
        const whole = xml.trimEnd();
        const cut = whole.slice(0, anywhere % whole.length);
        expect(() => read(cut)).to.throw("<Answer>");
      }),
      { numRuns: 500 },
    );
  });

  for (const [words, xml] of Object.entries({
    "a page of a proxy": "<html><body>Blocked</body></html>",
    "an answer to another call": "<DescribeVolumesResponse><volumeSet/></DescribeVolumesResponse>",
    "nothing at all": "",
    "no XML": "Service Unavailable",
    "an element that another closes": "<DescribeInstancesResponse><a></b></DescribeInstancesResponse>",
  })) {
    it(`that is ${words} does not count as an empty environment`, () => {
      expect(() => readEc2Answer(xml, "ec2:DescribeInstances")).to.throw("<DescribeInstancesResponse>");
    });
  }

  it("with the names of properties of every object is skipped", () => {
    const xml =
      "<Answer><constructor><name>x</name></constructor><__proto__>y</__proto__><nextToken>z</nextToken></Answer>";
    expect(read(xml)).to.deep.equal({ reservationSet: [], tagSet: [], nextToken: "z" });
  });

  it("of a thousand machines and their disks is read completely", async () => {
    const numbers = Array.from({ length: 1000 }, (_, number) => number);
    const machines = readEc2Answer(await instancesAnswer(numbers, 0), "ec2:DescribeInstances");
    const disks = readEc2Answer(await volumesAnswer(numbers, 0, "more"), "ec2:DescribeVolumes");
    expect(machines).to.have.nested.property(
      "reservationSet.999.instancesSet.0.instanceId",
      "i-000000000000003e7",
    );
    expect(machines).to.have.property("nextToken", "");
    expect(disks).to.have.property("nextToken", "more");
    expect(disks).to.have.property("volumeSet").of.length(1000);
  });

  it("of an answer that is not needed is not read", () => {
    expect(readEc2Answer("<StartInstancesResponse>", "ec2:StartInstances")).to.equal(undefined);
  });
});
