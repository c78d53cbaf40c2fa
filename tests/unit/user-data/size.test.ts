import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { readMachineAssets } from "../../../components/assets/assets.ts";
import {
  compressUserData,
  maxUserDataBytes,
  renderUserData,
} from "../../../components/runner-fleet/user-data.ts";
import { machine } from "./machine.ts";

/** Bytes at which the size needs attention. EC2 refuses more than 16,384. */
const limit = 15_000;

describe("the size of the user data", () => {
  it("leaves room below EC2's limit", function () {
    const bytes = Buffer.from(
      compressUserData(renderUserData(machine, readMachineAssets()), machine.runner),
      "base64",
    ).length;
    console.log(`      ${bytes} bytes of user data; at most ${limit} here, ${maxUserDataBytes} for EC2`);
    expect(bytes).to.be.at.most(limit);
  });

  it("stays within EC2's limit with a proxy and a root certificate of 4096 bits", () => {
    const caBundle = readFileSync(join(import.meta.dirname, "root-4096.pem"), "utf8");
    const http = "http://proxy.intra.example:3128";
    const proxy = { http, https: http, noProxy: ["intra.example", "10.0.0.0/8"] };
    const text = renderUserData({ ...machine, proxy, caBundle }, readMachineAssets());
    expect(Buffer.from(compressUserData(text, machine.runner), "base64").length).to.be.at.most(
      maxUserDataBytes,
    );
  });
});
