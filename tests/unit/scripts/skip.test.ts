import { expect } from "chai";
import { skip } from "../../skip.ts";

describe("a test that needs something that is not installed", () => {
  const skipped = new Error("skipped");
  const context = {
    skip: () => {
      throw skipped;
    },
  };

  for (const CI of [undefined, "", "false"]) {
    it(`is skipped if CI is ${CI === undefined ? "not set" : `"${CI}"`}`, () => {
      expect(() => skip(context, "canary is not installed.", { CI })).to.throw(skipped.message);
    });
  }

  for (const CI of ["true", "1"]) {
    it(`fails if CI is ${JSON.stringify(CI)}, and says what is missing`, () => {
      expect(() => skip(context, "canary is not installed.", { CI })).to.throw(
        "In CI nothing is skipped that can be installed: canary is not installed.",
      );
    });
  }
});
