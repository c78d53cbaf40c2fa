import { expect } from "chai";
import type { Written } from "../../../contract/written.ts";
import { written } from "../../../contract/written.ts";

interface Part {
  name: string;
  note?: string;
}
interface Message {
  parts: readonly Part[];
  first?: Part;
  tags: Record<string, string>;
}

const part = written<Part>({ name: "a", note: undefined });

describe("a value that is written for another program", () => {
  it("lacks what is undefined, at every depth, as its JSON does", () => {
    const given: Written<Message> = { parts: [{ name: "a", note: undefined }], first: undefined, tags: {} };
    expect(written<Message>(given)).to.deep.equal({ parts: [{ name: "a" }], tags: {} });
    expect(written<Message>(given)).to.deep.equal(JSON.parse(JSON.stringify(given)));
  });

  it("may have parts that are written already", () => {
    const message = written<Message>({ parts: [part], first: part, tags: { a: "b" } });
    expect(message).to.deep.equal({ parts: [{ name: "a" }], first: { name: "a" }, tags: { a: "b" } });
  });

  it("does not compile without a key that may be absent, in it or in a part of it", () => {
    const compiled = [
      // @ts-expect-error first is forgotten
      written<Message>({ parts: [], tags: {} }),
      // @ts-expect-error note is forgotten
      written<Message>({ parts: [{ name: "a" }], first: undefined, tags: {} }),
      // @ts-expect-error note is forgotten
      written<Message>({ parts: [], first: { name: "a" }, tags: {} }),
    ];
    expect(compiled).to.have.length(3);
  });
});
