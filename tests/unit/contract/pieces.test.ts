import { expect } from "chai";
import fc from "fast-check";
import { pieces } from "../../../contract/pieces.ts";

describe("a list in pieces", () => {
  it("has all items in order, in as few pieces as possible, and no piece is larger than requested", () => {
    fc.assert(
      fc.property(fc.array(fc.nat()), fc.integer({ min: 1, max: 12 }), (items, size) => {
        const cut = pieces(items, size);
        expect(cut.flat()).to.deep.equal(items);
        expect(cut).to.have.length(Math.ceil(items.length / size));
        for (const piece of cut) expect(piece).to.have.length.within(1, size);
      }),
    );
  });
});
