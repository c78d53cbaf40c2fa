import { expect } from "chai";
import { refuseForeignDisk } from "../../../runtime/agent/own-disk.ts";
import { put, temporaryFolder } from "./fixture.ts";

describe("the disk that an agent works on", () => {
  let folder: ReturnType<typeof temporaryFolder>;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => {
    folder.remove();
  });
  const starts = (owner: string | undefined) => () => {
    if (owner !== undefined) put(`${folder.path}/instance`, owner);
    refuseForeignDisk(`${folder.path}/instance`, "i-1");
  };

  it("is accepted if it belongs to the agent's own instance", () => {
    expect(starts("i-1\n")).to.not.throw();
  });

  it("is accepted if the mark is missing or empty", () => {
    expect(starts(undefined)).to.not.throw();
    expect(starts("")).to.not.throw();
  });

  it("is refused with both names if it came from another machine", () => {
    expect(starts("i-2\n")).to.throw(/comes from i-2, and this machine is i-1: .*docs\/images\.md/);
  });
});
