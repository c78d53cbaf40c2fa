import { expect } from "chai";
import { configurationReference } from "../../../config/reference.ts";

describe("the reference of the configuration", () => {
  it("says what the keys of a map are: names of fleets, numbers of runners, keys of tags", () => {
    const rows = configurationReference().matchAll(/^\| `([^`]*<[^`>]+>)` \|/gm);
    expect([...rows].map(([, key]) => key)).to.deep.equal([
      "<key>",
      "<name>",
      "<name>.generations.<number>",
      "<name>.tags.<key>",
    ]);
  });
});
