import { expect } from "chai";
import { bootSeconds } from "../../local/boot-seconds.ts";

describe("how long a machine took to boot", () => {
  const id = "i-0123456789abcdef0";
  const cloudWith = (firstOnlineAt?: number) =>
    ({
      // It was launched at 1 s, and again at 100 s, after it had slept.
      aws: { account: { instances: { [id]: { id, createdAt: 1_000, launchedAt: 100_000 } } } },
      github: { runners: () => [{ name: `local-cloud-1-${id}`, firstOnlineAt }] },
    }) as unknown as Parameters<typeof bootSeconds>[0];

  it("counts from its first launch, also after it has slept and woken", () => {
    expect(bootSeconds(cloudWith(4_200))).to.deep.equal({ [id]: 3.2 });
  });

  it("is unknown for a machine that was never online", () => {
    expect(bootSeconds(cloudWith())).to.deep.equal({});
  });
});
