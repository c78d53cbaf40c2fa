import { expect } from "chai";
import fc from "fast-check";
import * as z from "zod";
import {
  apiUrl,
  architectureOf,
  checksumOf,
  imageReference,
  registrationUrl,
  serviceEndpoint,
  tarballUrl,
} from "../../../config/derive.ts";
import { loadConfiguration } from "../../../config/load.ts";
import { configurationSchema } from "../../../config/schema.ts";
import { configurationArbitrary } from "./arbitrary.ts";
import { leafChanges, otherValues } from "./leaf-changes.ts";

describe("any valid configuration", function () {
  this.timeout(30_000); // It takes a second, on a computer that may be busy.

  it("loads, and loading what was loaded changes nothing", () => {
    fc.assert(
      fc.property(configurationArbitrary, ({ environment, raw }) => {
        const loaded = loadConfiguration(environment, raw);
        // A VPC's range is filled in as a default, but the configuration refuses it beside subnets.
        const { network } = loaded;
        const again = network.subnetIds ? { ...loaded, network: { ...network, cidr: undefined } } : loaded;
        expect(
          loadConfiguration(environment, JSON.parse(JSON.stringify(again)) as Record<string, unknown>),
        ).to.deep.equal(loaded);
      }),
    );
  });

  it("has everything that is derived from it", () => {
    fc.assert(
      fc.property(configurationArbitrary, ({ environment, raw }) => {
        const { aws, github, fleets } = loadConfiguration(environment, raw);
        for (const fleet of Object.values(fleets)) {
          expect(["x64", "arm64"]).to.include(architectureOf(fleet));
          expect(checksumOf(fleet)).to.match(/^[0-9a-f]{64}$/);
          expect(new URL(tarballUrl(fleet)).pathname).to.match(/\.tar\.gz$/);
          expect(["ami", "parameter"]).to.include(imageReference(fleet).kind);
        }
        for (const url of [apiUrl(github), registrationUrl(github), serviceEndpoint(aws, "ssm")]) {
          expect(new URL(url).href.replace(/\/$/, "")).to.equal(url);
        }
      }),
    );
  });

  it("can be changed in every leaf of the schema, across all samples", () => {
    const changed = new Set<string>();
    for (const written of fc.sample(configurationArbitrary, 200)) {
      for (const { leaf } of leafChanges(written, (each) => !changed.has(each))) changed.add(leaf);
      if (changed.size === leavesOfSchema().length) break;
    }
    expect([...changed].sort()).to.deep.equal(leavesOfSchema().sort());
    expect(Object.keys(otherValues).sort()).to.deep.equal(leavesOfSchema().sort());
  });
});

/** The schema's leaves as `fleets.*.disk.sizeGb`; a list is a leaf. */
function leavesOfSchema(): string[] {
  const visit = (schema: z.core.JSONSchema.BaseSchema, path: readonly string[]): string[] => {
    const children = Object.entries(schema.properties ?? {});
    if (typeof schema.additionalProperties === "object") children.push(["*", schema.additionalProperties]);
    if (children.length === 0) return [path.join(".")];
    return children.flatMap(([name, child]) =>
      typeof child === "object" ? visit(child, [...path, name]) : [],
    );
  };
  return visit(z.toJSONSchema(configurationSchema, { io: "input" }), []);
}
