import { expect } from "chai";
import fc from "fast-check";
import { tagLimits } from "../../../contract/aws-limits.ts";
import { markedTags, reservedTagCount, tagChange } from "../../../contract/own-tags.ts";
import { tags } from "../../../contract/tags.ts";

type Tags = Record<string, string>;

const tagsOf = (...keys: string[]) =>
  fc.dictionary(fc.constantFrom(...keys), fc.constantFrom("a", "b", ""), { noNullPrototype: true });
const ours = { [tags.runner]: "dev-cloud-1", Name: "dev-cloud-1" };
const own = tagsOf("team", "stage", "acme/use", "cost centre");

/** What EC2 has after the calls. */
function applied(current: Tags, wanted: Tags): Tags {
  const { write = {}, remove = [] } = tagChange(current, wanted) ?? {};
  const kept = Object.entries(current).filter(([key]) => !remove.includes(key));
  return { ...Object.fromEntries(kept), ...write };
}

/** Tags without the list of what was written. */
const shown = (all: Tags) => Object.fromEntries(Object.entries(all).filter(([key]) => key !== tags.ownTags));

describe("configured tags on existing machines", () => {
  it("get the values of the configuration, and other people's tags stay", () => {
    fc.assert(
      fc.property(own, own, tagsOf("backup", "kubernetes.io/cluster/x"), (before, after, others) => {
        const made = { ...ours, ...markedTags(before) };
        expect(shown(applied({ ...made, ...others }, after))).to.deep.equal({ ...ours, ...others, ...after });
      }),
    );
  });

  it("are the same as if the machine had been created with them, and a second run calls nothing", () => {
    fc.assert(
      fc.property(own, own, (before, after) => {
        const now = applied({ ...ours, ...markedTags(before) }, after);
        expect(now).to.deep.equal({ ...ours, ...markedTags(after) });
        expect(tagChange(now, after)).to.equal(undefined);
      }),
    );
  });

  it("are recognised after a run that ended between its two calls", () => {
    fc.assert(
      fc.property(own, own, own, (before, between, after) => {
        const made: Tags = { ...ours, ...markedTags(before) };
        const { remove = [] } = tagChange(made, between) ?? {};
        const halfway = Object.fromEntries(Object.entries(made).filter(([key]) => !remove.includes(key)));
        expect(applied(halfway, after)).to.deep.equal({ ...ours, ...markedTags(after) });
      }),
    );
  });

  it("belong to other people if Longhaul has never written their key", () => {
    const current = { ...ours, team: "by hand", ...markedTags({ stage: "test" }) };
    expect(tagChange(current, {})!.remove).to.have.members(["stage", tags.ownTags]);
  });

  it("fit into one tag's value, as many as the configuration may have", () => {
    const many = Object.fromEntries(
      Array.from({ length: tagLimits.number - reservedTagCount }, (_, index) => [`key ${index}`, ""]),
    );
    expect(markedTags(many)[tags.ownTags]!.length).to.be.at.most(256);
    expect(Object.keys(markedTags(many)), "with those of the machine").to.have.lengthOf(36);
    expect(markedTags({})).to.deep.equal({});
  });
});
