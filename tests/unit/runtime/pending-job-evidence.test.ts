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

describe("evidence of a pending job", () => {
  it("is a connection, until it has been known for ten seconds", () => {
    const trace = watchForPendingJobs(180_000);
    expect(trace(0, 0, [socket("1")])).to.include("new");
    expect(trace(9_999, 0, [socket("1")])).to.include("new");
    expect(trace(10_000, 0, [socket("1")])).to.equal(undefined);
    expect(trace(10_001, 0, [socket("1"), socket("2")])).to.include("new");
  });

  it("is a connection that was closed and opened again", () => {
    const trace = watchForPendingJobs(180_000);
    trace(0, 0, [socket("1")]);
    trace(10_000, 0, []);
    expect(trace(20_000, 0, [socket("1")])).to.include("new");
  });

  it("is not a closing connection, unless it has bytes", () => {
    const trace = watchForPendingJobs(180_000);
    expect(trace(0, 0, [socket("1", { connected: false })])).to.equal(undefined);
    expect(trace(0, 0, [socket("1", { connected: false, waiting: true })])).to.include("bytes");
  });

  it("is no longer bytes in a closed connection after a minute, because the listener never reads them", () => {
    const trace = watchForPendingJobs(180_000);
    const closed = socket("1", { connected: false, waiting: true });
    expect(trace(0, 0, [closed])).to.include("bytes");
    expect(trace(59_999, 0, [closed])).to.include("bytes");
    expect(trace(60_000, 0, [closed])).to.equal(undefined);
    expect(trace(60_001, 0, [closed, { ...closed, inode: "2" }]), "another connection").to.include("bytes");
    expect(trace(120_000, 0, [{ ...closed, waiting: false }])).to.equal(undefined);
    expect(trace(120_001, 0, [closed]), "other bytes").to.include("bytes");
  });

  it("is always bytes that wait in a connection, and a child process of the listener", () => {
    const sockets = fc.array(
      fc.record({ inode: fc.string(), connected: fc.boolean(), waiting: fc.boolean() }),
    );
    fc.assert(
      fc.property(fc.nat(), fc.nat(3), sockets, (now, children, seen) => {
        const trace = watchForPendingJobs(1500);
        trace(0, 0, seen);
        const found = trace(now, children, seen);
        if (children > 0 || seen.some(({ connected, waiting }) => connected && waiting))
          expect(found).to.not.equal(undefined);
      }),
    );
  });
});

describe("the sockets of a process", () => {
  const own = () => readSockets("/proc", process.pid);

  it("are those of its own descriptors, with the bytes that wait in them", async () => {
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

  it("are none if the process is gone", () => {
    expect(readSockets("/proc", 2 ** 22 + 1)).to.deep.equal([]);
  });
});
