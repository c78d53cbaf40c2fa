import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { downloadAct } from "../../../local/engine/download-tools.ts";

describe("the download of act", () => {
  let dir: string;
  let server: Server;
  let releases: string;
  const files = new Map<string, Buffer>();
  const file = `act_Linux_${process.arch === "arm64" ? "arm64" : "x86_64"}.tar.gz`;

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), "longhaul-act-"));
    writeFileSync(join(dir, "act"), "the program");
    execFileSync("tar", ["-czf", join(dir, file), "-C", dir, "act"]);
    const archive = readFileSync(join(dir, file));
    files.set(`/v1.0.0/${file}`, archive);
    const sum = createHash("sha256").update(archive).digest("hex");
    files.set("/v1.0.0/checksums.txt", Buffer.from(`${"0".repeat(64)}  other.tar.gz\n${sum}  ${file}\n`));
    server = createServer((request, response) => {
      const body = files.get(request.url!);
      response.statusCode = body ? 200 : 404;
      response.end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    releases = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    await new Promise((resolve) => server.close(resolve));
    rmSync(dir, { recursive: true });
  });

  const failure = () =>
    downloadAct("v1.0.0", join(dir, "to"), releases).then(
      () => "",
      (error: unknown) => (error as Error).message,
    );

  it("unpacks an archive with the published checksum", async () => {
    await downloadAct("v1.0.0", join(dir, "to"), releases);
    expect(readFileSync(join(dir, "to", "bin", "act"), "utf8")).to.equal("the program");
  });

  it("refuses an archive with another checksum, and names both", async () => {
    files.set("/v1.0.0/checksums.txt", Buffer.from(`${"ab".repeat(32)}  ${file}\n`));
    expect(await failure()).to.match(
      new RegExp(`${file} of act v1.0.0 has SHA-256 [0-9a-f]{64}, but .* (ab){32}`),
    );
  });

  it("refuses an archive that its release does not list", async () => {
    files.set("/v1.0.0/checksums.txt", Buffer.from(""));
    expect(await failure()).to.include("but its release says nothing");
  });

  it("names the address when a file is not there", async () => {
    files.delete(`/v1.0.0/${file}`);
    expect(await failure()).to.equal(`${releases}/v1.0.0/${file}: HTTP 404`);
  });
});
