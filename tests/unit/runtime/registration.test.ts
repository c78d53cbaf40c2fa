import { existsSync, readFileSync, rmSync } from "node:fs";
import { expect } from "chai";
import { Failure } from "../../../contract/failure.ts";
import { unlessAbsent } from "../../../runtime/agent/absent.ts";
import type { UserAccount } from "../../../runtime/agent/user-account.ts";
import { asUser, readAccount } from "../../../runtime/agent/user-account.ts";
import { commandRunner } from "../../../runtime/agent/command.ts";
import type { AgentConfiguration } from "../../../contract/agent.ts";
import { pathsBelow } from "../../../runtime/agent/paths.ts";
import { registerAtBoot } from "../../../runtime/agent/register-at-boot.ts";
import type { RegistrationHost } from "../../../runtime/agent/registration.ts";
import { register } from "../../../runtime/agent/registration.ts";
import { isRegistered } from "../../../runtime/agent/registration-files.ts";
import type { StateReport } from "../../../runtime/agent/state-tags.ts";
import { machineToken } from "../../../runtime/agent/token.ts";
import { AwsError } from "../../../runtime/aws/error.ts";
import { configuration, fakeAws, fakeClock, put, temporaryFolder } from "./fixture.ts";
import { putCommands, setprivCommand } from "./stand-ins.ts";

const secret = "CANARYTOKEN0123456789";

/** Records its arguments and inputs, refuses what the runner's config.sh refuses, and then runs `script`. */
const configScript = (script: string) => `#!/bin/bash
printf '%s\\n' "$*" >>arguments
tr '\\0' ' ' </proc/$$/cmdline >>command-lines
env | grep ^ACTIONS_RUNNER_INPUT_ >inputs
[[ ! -e .runner && ! -e .runner_migrated ]] || { echo 'Cannot configure the runner because it is already configured.'; exit 1; }
[[ ! -e .credentials_rsaparams || -s .credentials_rsaparams ]] || { echo 'Object reference not set to an instance of an object.'; exit 1; }
${script}
`;
const succeeds = "echo Registered; echo {} | tee .credentials >.runner";

describe("registering the runner", () => {
  let folder: ReturnType<typeof temporaryFolder>;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => {
    folder.remove();
  });

  /** A machine with a token parameter that has these values in turn, and then keeps the last one. */
  function machine(script: string, tokens: string[], settings: AgentConfiguration = configuration) {
    const paths = pathsBelow(folder.path, "runner");
    putCommands(`${folder.path}/bin`, { setpriv: setprivCommand, sync: "" });
    put(`${paths.runner}/config.sh`, configScript(script), 0o755);
    const written: string[] = [];
    const slept: number[] = [];
    /** SSM's error for every overwrite, if it refuses them. */
    const refusal: { words?: string } = {};
    const host: RegistrationHost = {
      configuration: settings,
      machine: "dev-cloud-1-i-1",
      paths,
      account: { name: "runner", groupId: "1001", home: `${folder.path}/home/runner` },
      token: {
        read: () => {
          const value = tokens.length > 1 ? tokens.shift()! : tokens[0]!;
          if (value.startsWith("denied")) return Promise.resolve({ denied: value });
          return Promise.resolve(value === "missing" || value === "used" ? value : { token: value });
        },
        markUsed: () => {
          // The token must not be overwritten before the registration exists and is on the disk.
          // Otherwise a power cut could leave neither of them.
          const isSynced = unlessAbsent(() => readFileSync(`${folder.path}/bin/calls`, "utf8"))?.includes(
            "sync",
          );
          written.push(existsSync(paths.registration) && isSynced ? "used after success" : "used");
          return refusal.words ? Promise.reject(new Failure(refusal.words)) : Promise.resolve();
        },
        isKept: () => Promise.resolve(!["missing", "used"].includes(tokens[0]!)),
      },
      run: commandRunner({ PATH: `${folder.path}/bin:/usr/bin:/bin` }),
      sleep: (milliseconds) => {
        slept.push(milliseconds);
        return Promise.resolve();
      },
    };
    const read = (name: string) => readFileSync(`${paths.runner}/${name}`, "utf8");
    return { host, written, slept, read, paths, refusal };
  }

  it("gives config.sh the machine's own name as its only label, and the token only in its environment", async () => {
    const { host, written, read } = machine(succeeds, [secret]);
    expect(await register(host)).to.deep.equal({ outcome: "registered" });
    expect(read("arguments")).to.include("--unattended").and.not.include(secret);
    expect(read("command-lines")).to.not.include(secret);
    expect(readFileSync(`${folder.path}/bin/calls`, "utf8")).to.not.include(secret);
    expect(read("inputs").trim().split("\n")).to.have.members([
      "ACTIONS_RUNNER_INPUT_URL=https://github.com/acme/app",
      `ACTIONS_RUNNER_INPUT_TOKEN=${secret}`,
      "ACTIONS_RUNNER_INPUT_NAME=dev-cloud-1-i-1",
      "ACTIONS_RUNNER_INPUT_LABELS=dev-cloud-1-i-1",
      "ACTIONS_RUNNER_INPUT_WORK=_work",
    ]);
    expect(written).to.deep.equal(["used after success"]);
  });

  it("succeeds even if the used token cannot be overwritten, and reports why", async () => {
    const { host, refusal } = machine(succeeds, [secret]);
    refusal.words = "ssm:PutParameter failed: AccessDeniedException";
    const result = await register(host);
    expect(result.outcome).to.equal("registered");
    expect(result).property("tokenKept").to.be.instanceOf(Failure).and.property("message", refusal.words);
  });

  it("adds no default labels", async () => {
    const { host, read } = machine(succeeds, [secret]);
    await register(host);
    expect(read("arguments")).to.include("--no-default-labels");
  });

  it("passes on the runner group, and whether self-updates are off", async () => {
    const { host, read } = machine(succeeds, [secret], {
      ...configuration,
      github: { ...configuration.github, runnerGroup: "long jobs" },
      runnerSoftware: { ...configuration.runnerSoftware, selfUpdate: false },
    });
    await register(host);
    expect(read("inputs")).to.include("ACTIONS_RUNNER_INPUT_RUNNERGROUP=long jobs\n");
    expect(read("arguments")).to.include("--disableupdate");
  });

  it("overwrites a token that GitHub refuses, and does not try it again", async () => {
    const { host, written, slept } = machine("echo 'Http response code: NotFound from POST'; exit 1", [
      secret,
    ]);
    expect(await register(host)).to.deep.equal({
      outcome: "failed",
      reason: "config.sh ended with 1: Http response code: NotFound from POST",
    });
    expect(written).to.deep.equal(["used"]);
    expect(slept).to.deep.equal([]);
  });

  it("retries a 403 once after a minute, because GitHub also answers 403 to too many requests", async () => {
    const forbidden = "echo 'Http response code: Forbidden from POST'; exit 1";
    const once = machine(`[[ -e tried ]] || { touch tried; ${forbidden}; }; ${succeeds}`, [secret]);
    expect(await register(once.host)).to.deep.equal({ outcome: "registered" });
    expect(once.slept).to.deep.equal([60_000]);
  });

  it("overwrites the token after a second 403", async () => {
    const { host, written, slept } = machine("echo 'Http response code: Forbidden from POST'; exit 1", [
      secret,
    ]);
    expect(await register(host)).to.deep.include({ outcome: "failed" });
    expect(written).to.deep.equal(["used"]);
    expect(slept).to.deep.equal([60_000]);
  });

  it("keeps the token while GitHub is down for a moment", async () => {
    const script = `[[ -e tried ]] || { touch tried; echo 'Http response code: InternalServerError'; exit 1; }; ${succeeds}`;
    const { host, slept } = machine(script, [secret]);
    expect(await register(host)).to.deep.equal({ outcome: "registered" });
    expect(slept).to.deep.equal([10_000]);
  });

  it("overwrites the token after any other failure, and removes it from the reason", async () => {
    const { host, written } = machine('echo "no: $ACTIONS_RUNNER_INPUT_TOKEN"; exit 3', [secret]);
    expect(await register(host)).to.deep.equal({
      outcome: "failed",
      reason: "config.sh ended with 3: no: ***",
    });
    expect(written).to.deep.equal(["used"]);
  });

  it("registers again with the token if a power cut has emptied the registration's files", async () => {
    const { host, paths } = machine(succeeds, [secret]);
    put(paths.registration, "{}");
    put(paths.credentials[0], "");
    expect(isRegistered(paths)).to.equal(false);
    expect(await register(host)).to.deep.equal({ outcome: "registered" });
    expect(isRegistered(paths)).to.equal(true);
  });

  for (const left of [".runner", ".runner_migrated", ".credentials_rsaparams", ".credentials_migrated"]) {
    it(`first removes a file of an earlier registration, only on the machine: ${left}`, async () => {
      const { host, slept, paths } = machine(succeeds, [secret]);
      put(`${paths.runner}/${left}`, "");
      expect(isRegistered(paths)).to.equal(false);
      expect(await register(host)).to.deep.equal({ outcome: "registered" });
      expect(slept, "at the first try").to.deep.equal([]);
      expect(existsSync(`${paths.runner}/${left}`)).to.equal(left === ".runner");
    });
  }

  it("changes nothing without a token", async () => {
    const { host, written, paths } = machine(succeeds, ["used"]);
    expect(await register(host)).to.deep.equal({ outcome: "no-token", parameter: "used" });
    expect(written).to.deep.equal([]);
    expect(existsSync(`${paths.runner}/arguments`)).to.equal(false);
  });

  describe("at the first boot", () => {
    function boot(script: string, tokens: string[]) {
      const set = machine(script, tokens);
      const reports: StateReport[] = [];
      const report = (state: StateReport) => {
        reports.push(state);
      };
      const tags = { report, reportNow: () => Promise.resolve() };
      const clock = fakeClock();
      const run = () => registerAtBoot({ ...set.host, clock, tags, log: () => undefined });
      return { ...set, run, reports, clock };
    }

    it("waits for a token that is on its way without asking for another", async () => {
      const { run, reports, paths } = boot(succeeds, ["missing", "missing", secret]);
      await run();
      expect(existsSync(paths.registration)).to.equal(true);
      expect(reports).to.deep.equal([]);
    });

    it("asks for a token by its state after two minutes without one", async () => {
      const { run, reports } = boot(succeeds, [...Array<string>(30).fill("missing"), secret]);
      await run();
      expect(reports.map(({ state }) => state)).to.include("needs-token");
    });

    it("reports AWS's words if AWS denies the token for two minutes", async () => {
      const { run, reports } = boot(succeeds, [...Array<string>(30).fill("denied: kms:Decrypt"), secret]);
      await run();
      expect(reports[0]).to.deep.include({ state: "needs-token", detail: "denied: kms:Decrypt" });
    });

    it("waits for the next token after a failed registration, and reports why", async () => {
      const script = `[[ $ACTIONS_RUNNER_INPUT_TOKEN == good* ]] || { echo 'Http response code: NotFound'; exit 1; }; ${succeeds}`;
      const { run, reports } = boot(script, ["bad-token-0123", "used", "good-token-0123"]);
      await run();
      expect(reports).to.have.length(2);
      for (const { state, detail } of reports) {
        expect(state).to.equal("needs-token");
        expect(detail, "even while it waits").to.include("NotFound");
      }
    });

    it("continues even if the used token cannot be overwritten, now or at a later boot", async () => {
      const { run, refusal, paths, read } = boot(succeeds, [secret]);
      refusal.words = "ssm:PutParameter failed: ThrottlingException";
      await run();
      expect(existsSync(paths.registration)).to.equal(true);
      await run();
      expect(read("arguments").trim().split("\n"), "one registration").to.have.length(1);
    });

    it("registers no second time after an interruption, and overwrites the token", async () => {
      const { run, written, paths } = boot(succeeds, [secret]);
      put(paths.registration, "{}");
      await run();
      expect(existsSync(`${paths.runner}/arguments`)).to.equal(false);
      expect(written, "an earlier boot put the registration on the disk").to.deep.equal(["used"]);
      rmSync(paths.registration);
    });
  });
});

describe("the machine's token parameter", () => {
  const token = (answer: (action: string) => unknown, settings = configuration) => {
    const { aws, calls } = fakeAws(answer);
    return { parameter: machineToken(settings, "i-1", aws), calls };
  };
  const denied = (code: string) => () => {
    throw new AwsError("ssm:GetParameter", 400, code, "…");
  };

  it("is the machine's own, read with decryption and overwritten in place", async () => {
    const { parameter, calls } = token(() => ({ Parameter: { Value: secret } }));
    expect(await parameter.read()).to.deep.equal({ token: secret });
    await parameter.markUsed();
    const Name = "/longhaul/dev/cloud/tokens/i-1";
    expect(calls).to.deep.equal([
      { action: "ssm:GetParameter", input: { Name, WithDecryption: true } },
      { action: "ssm:PutParameter", input: { Name, Value: "used", Overwrite: true } },
    ]);
  });

  it("counts as used after its use, even if SSM keeps the token", async () => {
    const { parameter } = token((action) => {
      if (action === "ssm:PutParameter") throw new AwsError(action, 400, "AccessDeniedException", "…");
      return { Parameter: { Value: secret } };
    });
    await parameter.read();
    const refusal = await parameter.markUsed().catch((error: unknown) => error);
    expect(refusal).to.be.instanceOf(AwsError);
    expect(await parameter.read()).to.equal("used");
    expect(await parameter.isKept()).to.equal(true);
  });

  it("counts as kept while it contains a token that the machine can read", async () => {
    const kept = (answer: () => unknown) => token(answer).parameter.isKept();
    expect(await kept(() => ({ Parameter: { Value: secret } }))).to.equal(true);
    expect(await kept(() => ({ Parameter: { Value: "used" } }))).to.equal(false);
    expect(await kept(denied("ParameterNotFound"))).to.equal(false);
    expect(await kept(denied("AccessDeniedException"))).to.equal(false);
  });

  it("keeps its key when it is overwritten", async () => {
    const kmsKeyArn = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd";
    const { parameter, calls } = token(() => ({}), {
      ...configuration,
      aws: { ...configuration.aws, kmsKeyArn },
    });
    await parameter.markUsed();
    expect(calls[0]!.input).to.include({ KeyId: kmsKeyArn });
  });

  it("is reported as missing if it does not exist, and as denied with AWS's words if AWS denies it", async () => {
    expect(await token(denied("ParameterNotFound")).parameter.read()).to.equal("missing");
    expect(await token(denied("AccessDeniedException")).parameter.read()).to.deep.equal({
      denied: "ssm:GetParameter failed: AccessDeniedException (400): …",
    });
    expect(await token(() => ({ Parameter: { Value: "used" } })).parameter.read()).to.equal("used");
  });

  it("is an error if the call fails", async () => {
    const error = await token(denied("InternalServerError"))
      .parameter.read()
      .catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(AwsError);
  });
});

describe("the runner's user", () => {
  const run = (code: number, output: string) => () => Promise.resolve({ code, output });

  it("is read from the system", async () => {
    const account = await readAccount("runner", run(0, "runner:x:1001:1002::/srv/runner:/bin/bash\n"));
    expect(account).to.deep.equal({
      name: "runner",
      groupId: "1002",
      home: "/srv/runner",
    } satisfies UserAccount);
    expect(asUser(account).join(" ")).to.equal("setpriv --reuid runner --regid 1002 --init-groups --");
  });

  it("is an error with the name if it is missing", async () => {
    const error = await readAccount("nobody-here", run(2, "")).catch((reason: unknown) => reason);
    expect((error as Error).message).to.include("nobody-here");
  });
});
