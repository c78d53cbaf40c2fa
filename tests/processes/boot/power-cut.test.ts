import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import fc from "fast-check";
import { eventually } from "../../environment.ts";
import type { MachineCloud } from "./machine-cloud.ts";
import { startMachineCloud } from "./machine-cloud.ts";

/** The number of commands in the user data. */
const userDataCommands = 33;
/** About the number of commands that `boot.sh` runs at a first boot, those of its functions and subshells included. */
const bootCommands = 800;
/** The most commands that the stand-in for `apt-get` runs in one call. */
const aptCommands = 11;
/** A runner's number encodes where its machine's power is cut. Numbers above this one count commands of `boot.sh`. */
const inBootScript = 10_000;
/** Numbers above these count commands of `apt-get`. */
const [inUpdate, inInstall] = [20_000, 30_000];
const atOnce = 4;
/** The number of cuts in each program, unless `EVERY_CUT` is set. */
const cutsInEachRun = 5;

/**
 * Every bash of a machine reads this before its script (`BASH_ENV`). It stops the script before one command, once in the
 * machine's life. The user data's first command is left out, because it removes cloud-init's own mark.
 */
const stopper = `
IFS= read -r -d '' longhaul_data <"$LONGHAUL_ROOT/var/lib/cloud/instance/scripts/part-001"
[[ $longhaul_data =~ '"runner":"dev-cloud-'([0-9]+) ]] && longhaul_number=\${BASH_REMATCH[1]} || longhaul_number=0
case \${0##*/} in
  part-001) longhaul_at=$longhaul_number ;;
  boot.sh) longhaul_at=$((longhaul_number - ${inBootScript})) ;;
  apt-get)
    longhaul_at=$((longhaul_number - ${inUpdate}))
    [[ " $* " != *" install "* ]] || longhaul_at=$((longhaul_number - ${inInstall}))
    ;;
  *) longhaul_at=0 ;;
esac
if ((longhaul_at > 0)) && [[ ! -e $LONGHAUL_ROOT/cut ]]; then
  longhaul_count=0
  set -T
  trap 'longhaul_count=$((longhaul_count + 1))
    if [[ $longhaul_count == "$longhaul_at" && ! -e $LONGHAUL_ROOT/cut ]]; then
      printf "%s" "$BASH_COMMAND" >"$LONGHAUL_ROOT/cut"
      kill -STOP "$BASHPID"
    fi' DEBUG
fi
`;

describe("a machine with a power cut during its first boot", function () {
  this.timeout(process.env.EVERY_CUT ? 0 : 300_000); // Dozens of boots, on a computer that may be busy.
  const folder = mkdtempSync(join(tmpdir(), "longhaul-cut-"));
  let machines: MachineCloud;
  before(async () => {
    writeFileSync(`${folder}/stopper`, stopper);
    machines = await startMachineCloud({ machineEnvironment: { BASH_ENV: `${folder}/stopper` } });
  });
  after(async () => {
    await machines.close();
    rmSync(folder, { recursive: true });
  });

  /** Boots a new machine, cuts its power before a command, and boots it again. */
  async function cutAt(number: number): Promise<void> {
    const machine = await machines.launch({ configuration: { runner: `dev-cloud-${number}` } });
    const command = () => machines.read(machine, "cut");
    await eventually(
      `command ${number}, or the end of the boot`,
      () => command() !== undefined || machines.stateOf(machine) === "idle",
      60_000,
    );
    const where = `cut before command ${number}: ${command() ?? "none, because the boot finished"}`;
    if (command() !== undefined) {
      await machines.cutPower(machine);
      await eventually(
        `a machine to come up after a power cut (${where})`,
        () => machines.stateOf(machine) === "idle",
      );
      expect(machines.entriesOf(machine), where).to.equal(1);
    }
    await machines.remove(machine);
  }

  /** Cuts several machines at once, because a boot mostly waits. */
  async function cutAtEach(numbers: readonly number[]): Promise<void> {
    const waiting = [...numbers];
    const work = async () => {
      for (let number = waiting.shift(); number !== undefined; number = waiting.shift()) await cutAt(number);
    };
    await Promise.all(Array.from({ length: atOnce }, work));
  }

  it("comes up at the next boot, wherever the user data was interrupted", async () => {
    await cutAtEach(pick(3, userDataCommands));
  });

  it("comes up at the next boot, wherever the boot script was interrupted", async () => {
    await cutAtEach(pick(1, bootCommands).map((number) => inBootScript + number));
  });

  it("comes up at the next boot, wherever the package manager was interrupted", async () => {
    for (const from of [inUpdate, inInstall]) {
      await cutAtEach(pick(1, aptCommands).map((number) => from + number));
    }
  });
});

/**
 * A random choice of the numbers, or all of them if `EVERY_CUT` is set, as in the nightly workflow
 * (`EVERY_CUT=1 npx mocha tests/processes/boot/power-cut.test.ts`).
 */
function pick(min: number, max: number): number[] {
  const all = Array.from({ length: max - min + 1 }, (_, index) => min + index);
  const some = { minLength: cutsInEachRun, maxLength: cutsInEachRun };
  return process.env.EVERY_CUT ? all : fc.sample(fc.shuffledSubarray(all, some), 1)[0]!;
}
