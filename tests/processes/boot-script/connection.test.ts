import { expect } from "chai";
import { put } from "../../unit/runtime/fixture.ts";
import { bootScript } from "./script-fixture.ts";

describe("the boot script behind a proxy", () => {
  const script = bootScript();
  const { file, prepare } = script;

  it("passes proxy and certificates to the agent, the package manager, Docker and the jobs", async () => {
    const certificate = (name: string) => `-----BEGIN CERTIFICATE-----\n${name}\n-----END CERTIFICATE-----\n`;
    const run = await prepare({
      proxy: { https: 'http://user:p"a$s@proxy:3128', noProxy: ["intra.example"] },
      caBundle: certificate("one") + certificate("two"),
    });
    // Records the proxy of the script's first report to EC2.
    const record = '[[ $* != *Tag.1.Value=booting* ]] || echo "$https_proxy" >>"$LONGHAUL_ROOT/first-words"';
    put(`${script.root}/commands/curl`, `#!/bin/bash\n${record}\nexec /usr/bin/curl "$@"\n`, 0o755);
    // Every address here is on loopback, which needs no proxy.
    expect((await run()).status).to.equal(0);
    const etc = `${script.root}/etc`;
    const lines = file("etc/longhaul/connection.env").trim().split("\n");
    expect(lines).to.include('https_proxy="http://user:p\\"a\\$s@proxy:3128"');
    expect(lines).to.include('no_proxy="localhost,127.0.0.1,127.0.0.1,intra.example"');
    expect(lines).to.include('NODE_USE_ENV_PROXY="1"');
    expect(lines).to.include(`NODE_EXTRA_CA_CERTS="${etc}/longhaul/ca-bundle.pem"`);
    expect(file("etc/apt/apt.conf.d/95longhaul")).to.equal(
      'Acquire::https::Proxy "http://user:p%22a$s@proxy:3128";\n',
    );
    expect(file("etc/systemd/system/docker.service.d/longhaul.conf")).to.include(
      `${etc}/longhaul/connection.env`,
    );
    expect(file("usr/local/share/ca-certificates/longhaul-1.crt").trim()).to.equal(certificate("one").trim());
    expect(file("usr/local/share/ca-certificates/longhaul-2.crt").trim()).to.equal(certificate("two").trim());
    const jobs = file("home/runner/actions-runner/.env").split("\n");
    expect(jobs).to.include('https_proxy=http://user:p"a$s@proxy:3128');
    expect(file("first-words")).to.equal('http://user:p"a$s@proxy:3128\n');
    expect(jobs).to.include(`NODE_EXTRA_CA_CERTS=${etc}/longhaul/ca-bundle.pem`);
  });
});
