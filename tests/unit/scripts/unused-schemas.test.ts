import { join } from "node:path";
import { expect } from "chai";
import { build } from "esbuild";
import { unusedSchemas, writeOutKeys } from "../../../scripts/unused-schemas.ts";

describe("a bundle that calls AWS", () => {
  it("has only the schemas of its calls", async () => {
    const contents = 'export { DescribeInstancesCommand } from "@aws-sdk/client-ec2";';
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: join(import.meta.dirname, "../../..") },
      bundle: true,
      platform: "node",
      format: "esm",
      mainFields: ["module", "main"],
      write: false,
      plugins: [unusedSchemas],
    });
    const { text } = outputFiles[0]!;
    expect(text)
      .to.include('"DescribeInstancesRequest"')
      .and.match(/[{ ]"?xmlName"?: /);
    expect(text).to.not.include('"DescribeVpnGatewaysRequest"');
  });

  it("has the keys that the SDK computes from constants as plain keys", () => {
    const constants = 'const _xN = "xmlName";\nconst _jN = "json-name";\n';
    expect(writeOutKeys(`${constants}var a = [() => B, { [_xN]: _i, [_jN]: 1 }];`)).to.equal(
      `${constants}var a = [() => B, { "xmlName": _i, "json-name": 1 }];`,
    );
  });

  it("keeps a computed key that is not a constant string of the module", () => {
    const source = 'import { _xN } from "./other.js";\nconst _n = 1;\nvar a = { [_xN]: 1, [_n]: b[_n] };';
    expect(writeOutKeys(source)).to.equal(source);
  });
});
