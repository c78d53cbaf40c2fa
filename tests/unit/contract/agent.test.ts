import { expect } from "chai";
import fc from "fast-check";
import { parseAgentConfiguration } from "../../../contract/agent.ts";
import { configuration } from "../runtime/fixture.ts";

/** Every place of a nested object that holds a plain value, as a path. */
function placesIn(value: object, above: readonly string[] = []): string[][] {
  return Object.entries(value).flatMap(([key, inner]) => {
    const path = [...above, key];
    return typeof inner === "object" ? placesIn(inner as object, path) : [path];
  });
}

/** The configuration with another value at a place. */
function withValue(path: readonly string[], value: unknown): string {
  const copy = structuredClone(configuration) as unknown as Record<string, unknown>;
  const holder = path.slice(0, -1).reduce((at, key) => at[key] as Record<string, unknown>, copy);
  holder[path.at(-1)!] = value;
  return JSON.stringify(copy);
}

describe("what an agent is told of its machine", () => {
  const places = placesIn(configuration);

  it("is read as the stack wrote it", () => {
    expect(parseAgentConfiguration(JSON.stringify(configuration))).to.deep.equal(configuration);
  });

  it("may lack a key of the token and a runner group, and may hold what a later stack adds", () => {
    const more = { ...configuration, later: 1 };
    expect(parseAgentConfiguration(JSON.stringify(more))).to.deep.equal(more);
    for (const path of [
      ["aws", "kmsKeyArn"],
      ["github", "runnerGroup"],
    ]) {
      expect(() => parseAgentConfiguration(withValue(path, "x"))).not.to.throw();
      expect(() => parseAgentConfiguration(withValue(path, 1))).to.throw(path.join("."));
    }
  });

  for (const path of places) {
    it(`is refused by name without ${path.join(".")}, or with something else in its place`, () => {
      for (const value of [undefined, null, [], {}, Number.NaN])
        expect(() => parseAgentConfiguration(withValue(path, value))).to.throw(`${path.join(".")} is no`);
    });
  }

  it("holds no time that is negative, which no comparison survives", () => {
    expect(() => parseAgentConfiguration(withValue(["staySeconds"], -1))).to.throw(
      "staySeconds is no number",
    );
  });

  it("is never taken for one where a text is damaged", () => {
    const whole = JSON.stringify(configuration);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: whole.length - 1 }), (length) => {
        expect(() => parseAgentConfiguration(whole.slice(0, length))).to.throw("is no JSON object");
      }),
    );
  });
});
