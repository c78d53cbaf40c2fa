import { expect } from "chai";
import { generatedSection, markdownTable, withGeneratedSection } from "../../../scripts/generated-section.ts";

const document = "before\n\n<!-- made by npm run one -->\n\nold\n\n<!-- end -->\n\nafter <!-- end -->\n";

describe("a part of a document that a program makes", () => {
  it("is the text between its comments", () => {
    expect(generatedSection(document, "one")).to.equal("old");
    expect(generatedSection(document, "other")).to.equal(undefined);
    expect(generatedSection("<!-- made by npm run one -->", "one")).to.equal(undefined);
  });

  it("is replaced, and nothing else is", () => {
    const written = withGeneratedSection(document, "one", "\nnew\n");
    expect(written).to.equal(document.replace("old", "new"));
    expect(withGeneratedSection(written, "one", "new")).to.equal(written);
  });

  it("is not written into a document without its comments", () => {
    expect(() => withGeneratedSection(document, "other", "new")).to.throw(
      'no part between "<!-- made by npm run other -->" and "<!-- end -->"',
    );
  });

  it("has tables with text to the left and figures to the right", () => {
    expect(
      markdownTable(
        ["a", "usd"],
        [
          ["long", "1.00"],
          ["b", "10.00"],
        ],
        1,
      ),
    ).to.equal(["| a    |   usd |", "| ---- | ----: |", "| long |  1.00 |", "| b    | 10.00 |"].join("\n"));
  });
});
