import { expect } from "chai";
import { reachGithub } from "../../../runtime/agent/reach-github.ts";
import { sendHttp } from "../../../runtime/aws/http.ts";
import { put, temporaryFolder } from "./fixture.ts";
import { startServer } from "./http-server.ts";
import type { ScriptedAnswer, ScriptedServer } from "./http-server.ts";

describe("whether GitHub answers the machine", () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let server: ScriptedServer;
  let answer: ScriptedAnswer;
  beforeEach(async () => {
    folder = temporaryFolder();
    answer = {};
    server = await startServer(() => answer);
  });
  afterEach(() => {
    server.close();
    folder.remove();
  });

  const asking = (settings: string) => {
    put(`${folder.path}/.runner`, settings);
    return reachGithub(`${folder.path}/.runner`, sendHttp);
  };
  const settings = () =>
    JSON.stringify({ serverUrl: "http://127.0.0.1:1/", serverUrlV2: `${server.url}/broker/` });

  it("is checked with the server that the listener polls, by the runner's configuration", async () => {
    expect(await asking(`\uFEFF${settings()}`)).to.equal(true);
    expect(server.requests.map(({ method, path }) => `${method} ${path}`)).to.deep.equal(["HEAD /broker/"]);
    expect(await asking(JSON.stringify({ serverUrl: server.url }))).to.equal(true);
  });

  const answers: [string, ScriptedAnswer, boolean][] = [
    ["is true if the server refuses the request", { status: 404 }, true],
    ["is false if the server fails", { status: 503 }, false],
    ["is false if the connection breaks", { fails: "reset" }, false],
  ];
  for (const [title, given, reached] of answers) {
    it(title, async () => {
      answer = given;
      expect(await asking(settings())).to.equal(reached);
    });
  }

  it("is false if the runner's configuration is damaged, invalid or missing", async () => {
    for (const text of ["", "[]", "{", '{"serverUrlV2":"file:///etc/passwd"}', '{"serverUrlV2":7}'])
      expect(await asking(text), text).to.equal(false);
    expect(await reachGithub(`${folder.path}/none`, sendHttp)).to.equal(false);
  });
});
