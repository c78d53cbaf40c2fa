import { expect } from "chai";
import fc from "fast-check";
import { setImmediate } from "node:timers/promises";
import { watchConnection } from "../../../runtime/agent/connection-watch.ts";
import { isHung } from "../../../runtime/agent/hung-listener.ts";
import type { Socket } from "../../../runtime/agent/sockets.ts";
import { idle } from "./observation.ts";

const connection: Socket = { inode: "1", connected: true, waiting: false };
const closed: Socket = { ...connection, connected: false };
const second = 1000;

/** Looks at a listener once a second. `sockets` and `reachable` give the state at each time. */
async function watch(
  seconds: number,
  sockets: (at: number) => Socket[] | undefined,
  reachable: (at: number) => boolean,
) {
  let now = 0;
  const counts = { read: 0, asked: 0 };
  const connection = watchConnection(() => {
    counts.asked++;
    return Promise.resolve(reachable(now));
  });
  let hungAt: number | undefined;
  for (; now <= seconds * second; now += second) {
    const present = sockets(now);
    const view = connection.look(
      now,
      present &&
        (() => {
          counts.read++;
          return present;
        }),
    );
    if (isHung({ ...idle, now, ...view })) hungAt ??= now;
    await setImmediate();
  }
  return { ...counts, hungAt };
}

describe("a listener's connection", () => {
  it("is checked four times a minute without a call to GitHub while it exists", async () => {
    const { read, asked, hungAt } = await watch(
      599,
      () => [connection],
      () => true,
    );
    expect({ read, asked, hungAt }).to.deep.equal({ read: 40, asked: 0, hungAt: undefined });
  });

  it("counts as hung 180 to 195 seconds after it was lost", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 120 }), async (lostAt) => {
        const { hungAt } = await watch(
          400,
          (at) => (at < lostAt * second ? [connection] : [closed]),
          () => true,
        );
        expect(hungAt! / second - lostAt).to.be.within(180, 195);
      }),
      { numRuns: 20 },
    );
  });

  it("never counts as hung if the listener connects at least once a minute, as between failed polls", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.infiniteStream(fc.integer({ min: 1, max: 60 })),
        fc.integer({ min: 1, max: 200 }),
        async (waits, backAt) => {
          let tries = 0;
          // GitHub is unreachable until `backAt`. Each try lasts for a second, and the last one stays connected.
          const { hungAt } = await watch(
            700,
            (at) => {
              if (at < tries) return [];
              const back = at >= backAt * second;
              if (!back) tries = at + (waits.next().value as number) * second;
              return [connection];
            },
            (at) => at >= backAt * second,
          );
          expect(hungAt).to.equal(undefined);
        },
      ),
      { numRuns: 30 },
    );
  });

  it("does not count as hung while GitHub cannot be reached, nor in the 75 seconds after that", async () => {
    const { hungAt } = await watch(
      800,
      () => [],
      (at) => at >= 500 * second,
    );
    expect(hungAt! / second).to.be.within(575, 600);
  });

  it("does not count as hung because of an answer from GitHub before another outage", async () => {
    const { hungAt } = await watch(
      600,
      () => [],
      (at) => at < 130 * second,
    );
    expect(hungAt).to.equal(undefined);
  });

  it("starts a new count with a job or another listener", async () => {
    const { hungAt } = await watch(
      170 + 179,
      (at) => (at === 170 * second ? undefined : []),
      () => true,
    );
    expect(hungAt).to.equal(undefined);
  });
});
