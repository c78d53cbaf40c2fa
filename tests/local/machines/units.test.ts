import { expect } from "chai";
import {
  expandVariables,
  parseEnvironmentFile,
  parseUnit,
  splitWords,
} from "../../../local/machines/units.ts";

describe("the machine's systemd reads units", () => {
  it("reads the keys that this project's units use", () => {
    const unit = parseUnit(
      "agent.service",
      `[Unit]
Description=The agent
After=boot.service network-online.target
Before=late.service
Requires=boot.service
IgnoreOnIsolate=yes
StartLimitIntervalSec=0
[Service]
# a comment
Type=simple
ExecStart=/opt/node \\
  /opt/agent.mjs
ExecStop=/opt/node "stop it"
TimeoutStopSec=60
Environment=A=1 "B=two words"
EnvironmentFile=-/etc/agent
WorkingDirectory=/opt
Restart=always
RestartSec=5
KillMode=process
StandardOutput=journal+console
[Install]
WantedBy=multi-user.target
`,
    );
    expect(unit).to.deep.equal({
      name: "agent.service",
      after: ["boot.service", "network-online.target"],
      before: ["late.service"],
      requires: ["boot.service"],
      wants: [],
      defaultDependencies: true,
      type: "simple",
      remainAfterExit: false,
      ignoreOnIsolate: true,
      command: ["/opt/node", "/opt/agent.mjs"],
      stopCommand: ["/opt/node", "stop it"],
      stopMs: 60_000,
      environment: ["A=1", "B=two words"],
      environmentFiles: ["-/etc/agent"],
      workingDirectory: "/opt",
      restart: "always",
      restartMs: 5000,
      startLimit: { intervalMs: 0, burst: 5 },
      killMode: "process",
      console: true,
      wantedBy: ["multi-user.target"],
    });
  });

  it("refuses a key that it would have to ignore", () => {
    expect(() => parseUnit("a.service", "[Service]\nExecReload=/bin/true")).to.throw(
      /a\.service.*ExecReload=\/bin\/true/,
    );
  });

  for (const [text, words] of [
    ["a  b", ["a", "b"]],
    [`/bin/bash -c 'echo "x y"; exit 1'`, ["/bin/bash", "-c", `echo "x y"; exit 1`]],
    [`"A=b c" d`, ["A=b c", "d"]],
    [`"say \\"hi\\""`, [`say "hi"`]],
    [String.raw`a\ b`, ["a b"]],
  ] as const) {
    it(`splits ${text} as systemd does`, () => {
      expect(splitWords(text)).to.deep.equal(words);
    });
  }

  it("expands variables of the service, a missing one to nothing", () => {
    expect(expandVariables("${ROOT}/bin$X $$", { ROOT: "/r" })).to.equal("/r/bin $");
  });

  it("reads environment files with comments and quotes", () => {
    expect(parseEnvironmentFile(`# c\nA=1\n\nB="two words"\n`)).to.deep.equal(["A=1", "B=two words"]);
  });
});
