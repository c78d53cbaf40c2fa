import { expect } from "chai";
import { withoutSourceMaps } from "../../../local/engine/source-maps.ts";

describe("a program that runs without source maps", () => {
  it("runs without them, and the process has them again afterwards", async () => {
    const enabled: (boolean | undefined)[] = [];
    const program = withoutSourceMaps(() => {
      enabled.push(process.sourceMapsEnabled);
      return Promise.resolve({ out: 1 });
    });
    expect(await program()).to.deep.equal({ out: 1 });
    expect([...enabled, process.sourceMapsEnabled]).to.deep.equal([false, true]);
  });

  it("names the line of its source at which it failed", async () => {
    const fail = () => Promise.reject(new Error("on line 16 of this file"));
    const program = withoutSourceMaps(fail);
    const error = await program().then(
      () => expect.fail("it has not failed"),
      (reason: unknown) => reason as Error,
    );
    expect(error.stack).to.include("source-maps.test.ts:16:");
    expect(process.sourceMapsEnabled).to.equal(true);
  });
});
