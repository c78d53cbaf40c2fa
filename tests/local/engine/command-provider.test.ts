import { expect } from "chai";
import { commandProvider } from "../../../local/engine/command-provider.ts";

describe("the command provider of the local cloud", () => {
  const lines: string[] = [];
  const provider = commandProvider({
    directory: process.cwd(),
    environment: () => ({ PATH: process.env.PATH!, FROM_THE_SHELL: "yes" }),
    log: (line) => lines.push(line),
  });
  const command = provider.types["command:local:Command"]!;

  it("runs create with the command's variables and those of the shell, and keeps what it prints", async () => {
    const { state } = await command.create(
      { create: 'echo "$GREETING $FROM_THE_SHELL"; echo aside >&2', environment: { GREETING: "hello" } },
      {},
    );
    expect(state).to.include({ stdout: "hello yes", stderr: "aside" });
    expect(lines).to.deep.equal(["aside"]);
  });

  it("fails with the exit status and what was printed", async () => {
    const error = await command.create({ create: "echo why >&2; exit 3" }, {}).then(
      () => undefined,
      (reason: unknown) => reason as Error,
    );
    expect(error?.message).to.include("exit status 3").and.include("why");
  });

  it("runs create again for a change when there is no update, and update when there is one", async () => {
    const again = await command.update!("id", { stdout: "old" }, { create: "echo create" }, {}, ["create"]);
    expect(again.stdout).to.equal("create");
    const updated = await command.update!(
      "id",
      { stdout: "old" },
      { create: "x", update: "echo $PULUMI_COMMAND_STDOUT" },
      {},
      ["create"],
    );
    expect(updated.stdout).to.equal("old");
  });

  it("runs the recorded delete, and nothing when there is none", async () => {
    await command.delete("id", { delete: "echo bye $WHO >&2", environment: { WHO: "now" } }, {});
    expect(lines).to.include("bye now");
    await command.delete("id", {}, {});
  });

  it("ends running scripts when the cloud closes", async () => {
    const running = command
      .create({ create: "echo started >&2; sleep 600" }, {})
      .catch((error: unknown) => error);
    while (!lines.includes("started")) await new Promise((resolve) => setImmediate(resolve));
    provider.close();
    expect(String(await running)).to.include("killed");
  });
});
