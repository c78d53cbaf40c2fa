import { utimesSync } from "node:fs";
import { expect } from "chai";
import { Failure } from "../../../contract/failure.ts";
import { watchIncidents } from "../../../runtime/agent/incidents.ts";
import { watchUsedToken } from "../../../runtime/agent/used-token.ts";
import { fakeClock, put, temporaryFolder } from "./fixture.ts";

describe("a registration token that was used", () => {
  let folder: ReturnType<typeof temporaryFolder>;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => {
    folder.remove();
  });

  /** A machine with its token parameter, and an SSM that can be set to refuse calls. */
  function machine() {
    const clock = fakeClock();
    const registration = `${folder.path}/.runner`;
    const ssm = { kept: true, refusal: "", down: "", asked: 0, overwrites: 0 };
    const incidents = watchIncidents(clock, () => undefined);
    const look = watchUsedToken({
      registration,
      incidents,
      clock,
      log: () => undefined,
      token: {
        isKept: () => {
          ssm.asked++;
          return ssm.down ? Promise.reject(new Failure(ssm.down)) : Promise.resolve(ssm.kept);
        },
        markUsed: () => {
          ssm.overwrites++;
          if (ssm.refusal) return Promise.reject(new Failure(ssm.refusal));
          ssm.kept = false;
          return Promise.resolve();
        },
      },
    });
    /** Looks each second. */
    const pass = async (minutes: number) => {
      for (let seconds = 0; seconds < minutes * 60; seconds++) {
        await look().catch(() => undefined);
        clock.advance(1000);
      }
    };
    return { registration, ssm, incidents, look, pass };
  }

  it("is left alone until the machine has registered", async () => {
    const { ssm, pass } = machine();
    await pass(5);
    expect(ssm.asked).to.equal(0);
  });

  it("is overwritten at once, and not looked up again", async () => {
    const { registration, ssm, pass } = machine();
    put(registration, "{}");
    await pass(60);
    expect(ssm).to.include({ kept: false, asked: 1, overwrites: 1 });
  });

  it("is not overwritten again if the boot has done so, because each write adds a version that the stack removes", async () => {
    const { registration, ssm, pass } = machine();
    put(registration, "{}");
    ssm.kept = false;
    await pass(60);
    expect(ssm).to.include({ asked: 1, overwrites: 0 });
  });

  it("is reported while AWS denies overwriting it, and retried for hours", async () => {
    const { registration, ssm, incidents, pass } = machine();
    put(registration, "{}");
    ssm.refusal = "ssm:PutParameter failed: AccessDeniedException (400): no";
    await pass(4 * 60);
    expect(incidents.detail()).to.include("longhaul settle").and.include("AccessDeniedException");
    expect(ssm.overwrites, "no flood").to.be.within(10, 25);
    ssm.refusal = "";
    await pass(15);
    expect(incidents.detail()).to.equal("");
    expect(ssm.kept).to.equal(false);
  });

  it("is no longer reported once the stack has removed it", async () => {
    const { registration, ssm, incidents, pass } = machine();
    put(registration, "{}");
    ssm.refusal = "ssm:PutParameter failed: ThrottlingException (400): slow down";
    await pass(2);
    expect(incidents.detail()).to.not.equal("");
    ssm.kept = false;
    await pass(15);
    expect(incidents.detail()).to.equal("");
  });

  it("is reported while AWS denies looking it up, because the token may be there", async () => {
    const { registration, ssm, incidents, pass } = machine();
    put(registration, "{}");
    ssm.kept = false;
    ssm.down = "ssm:GetParameter failed: AccessDeniedException (400): no";
    await pass(4 * 60);
    expect(incidents.detail()).to.include("could not be looked up").and.include("AccessDeniedException");
    expect(ssm.asked, "no flood").to.be.within(10, 25);
    ssm.down = "";
    await pass(15);
    expect(incidents.detail()).to.equal("");
    expect(ssm.overwrites).to.equal(0);
  });

  it("is overwritten if it is found after an outage", async () => {
    const { registration, ssm, incidents, pass } = machine();
    put(registration, "{}");
    ssm.down = "ssm:GetParameter failed: NoAnswer";
    await pass(2);
    ssm.down = "";
    await pass(5);
    expect(ssm.kept).to.equal(false);
    expect(incidents.detail()).to.equal("");
  });

  it("is looked up again after a later registration", async () => {
    const { registration, ssm, pass } = machine();
    put(registration, "{}");
    await pass(1);
    ssm.kept = true;
    put(registration, "{ }");
    utimesSync(registration, 1, 1); // Without this, both files could have the same time and count as one.
    await pass(1);
    expect(ssm).to.include({ kept: false, overwrites: 2 });
  });
});
