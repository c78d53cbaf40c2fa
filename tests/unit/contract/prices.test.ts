import { expect } from "chai";
import { machineHourPrice } from "../../../contract/prices.ts";

describe("the price of a machine", () => {
  const list = { machines: { m5: 0.2, c5: 0.17 } };
  const fleets = {
    cloud: { instanceType: "m5.xlarge", machine: 0.15 },
    own: { instanceType: "z9.metal", machine: 4 },
  };
  const cases: [string, string, string, number | undefined][] = [
    ["is its fleet's if the fleet has its type", "cloud", "m5.xlarge", 0.15],
    ["is its fleet's if the list does not have its type", "own", "z9.metal", 4],
    ["is the list's if its fleet has another type now", "cloud", "c5.2xlarge", 0.34],
    ["is the list's if its fleet no longer exists", "past", "m5.xlarge", 0.2],
    [
      "is the list's for a fleet that has the name of a property of every object",
      "toString",
      "m5.large",
      0.1,
    ],
    ["is unknown if neither has its type", "cloud", "z9.metal", undefined],
    [
      "is unknown for a type that has the name of a property of every object",
      "past",
      "toString.large",
      undefined,
    ],
  ];
  for (const [rule, fleet, instanceType, price] of cases) {
    it(rule, () => {
      expect(machineHourPrice({ fleet, instanceType }, fleets, list)).to.equal(price);
    });
  }
});
