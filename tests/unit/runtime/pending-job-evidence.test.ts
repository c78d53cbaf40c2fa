import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket as Connection } from "node:net";
import { expect } from "chai";
import fc from "fast-check";
import type { Socket } from "../../../runtime/agent/sockets.ts";
import { readSockets } from "../../../runtime/agent/sockets.ts";
import { watchForPendingJobs } from "../../../runtime/agent/pending-job-evidence.ts";
import { until } from "./fixture.ts";

const socket = (inode: string, more: Partial<Socket> = {}): Socket => ({
  inode,
  connected: true,
  waiting: false,
  ...more,
});

describe("the evidence of a pending job", () => {
  it("includes a connection until it has been known for ten seconds", () => {
    const evidence = watchForPendingJobs(180_000);
    expect(evidence(0, 0, [socket("1")])).to.include("new");
    expect(evidence(9_999, 0, [socket("1")])).to.include("new");
    expect(evidence(10_000, 0, [socket("1")])).to.equal(undefined);
    expect(evidence(10_001, 0, [socket("1"), socket("2")])).to.include("new");
  });

  it("includes a connection that was gone in between as a new one", () => {
    const evidence = watchForPendingJobs(180_000);
    evidence(0, 0, [socket("1")]);
    evidence(10_000, 0, []);
    expect(evidence(20_000, 0, [socket("1")])).to.include("new");
  });

  it("excludes a closing connection unless unread bytes are in it", () => {
    const evidence = watchForPendingJobs(180_000);
    expect(evidence(0, 0, [socket("1", { connected: false })])).to.equal(undefined);
    expect(evidence(0, 0, [socket("1", { connected: false, waiting: true })])).to.include("bytes");
  });

  it("excludes bytes in a closed connection after a minute, because the listener no longer reads them", () => {
    const evidence = watchForPendingJobs(180_000);
    const closed = socket("1", { connected: false, waiting: true });
    expect(evidence(0, 0, [closed])).to.include("bytes");
    expect(evidence(59_999, 0, [closed])).to.include("bytes");
    expect(evidence(60_000, 0, [closed])).to.equal(undefined);
    expect(evidence(60_001, 0, [closed, { ...closed, inode: "2" }]), "another connection").to.include(
      "bytes",
    );
    expect(evidence(120_000, 0, [{ ...closed, waiting: false }])).to.equal(undefined);
    expect(evidence(120_001, 0, [closed]), "other bytes").to.include("bytes");
  });

  it("always includes unread bytes in an open connection and the listener's child processes", () => {
    const sockets = fc.array(
      fc.record({ inode: fc.string(), connected: fc.boolean(), waiting: fc.boolean() }),
    );
    fc.assert(
      fc.property(fc.nat(), fc.nat(3), sockets, (now, children, seen) => {
        const evidence = watchForPendingJobs(1500);
        evidence(0, 0, seen);
        const found = evidence(now, children, seen);
        if (children > 0 || seen.some(({ connected, waiting }) => connected && waiting))
          expect(found).to.not.equal(undefined);
      }),
    );
  });
});

describe("the sockets of a process", () => {
  const own = () => readSockets("/proc", process.pid);

  it("are those of its descriptors, with whether unread bytes wait in them", async () => {
    const before = own().length;
    const server = createServer({ pauseOnConnect: true }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const arrived = once(server, "connection") as Promise<[Connection]>;
    const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
    const [other] = await arrived;
    await until(
      () => own().length === before + 3,
      "the server's, the client's and the accepted socket are seen",
    );
    expect(own().filter(({ waiting }) => waiting)).to.deep.equal([]);
    client.write("a job");
    await until(() => own().some(({ connected, waiting }) => connected && waiting), "the bytes wait");
    other.destroy();
    client.destroy();
    server.close();
    await until(() => own().length === before, "all are closed");
  });

  it("are an empty list for a process that has ended", () => {
    expect(readSockets("/proc", 2 ** 22 + 1)).to.deep.equal([]);
  });
});
