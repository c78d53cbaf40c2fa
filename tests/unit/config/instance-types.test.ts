import { _InstanceType } from "@aws-sdk/client-ec2";
import { expect } from "chai";
import {
  architectureOfInstanceType,
  isBurstable,
  unusableInstanceType,
} from "../../../config/instance-types.ts";

const types: string[] = Object.values(_InstanceType);
const usable = types.filter((type) => unusableInstanceType(type) === undefined);
const familiesOf = (list: readonly string[]) => [...new Set(list.map((type) => type.split(".")[0]!))].sort();

/** Every Graviton family that the EC2 API of the pinned SDK knows. */
const graviton = (
  "a1 c6g c6gd c6gn c7g c7gd c7gn c8g c8gb c8gd c8gn c9g c9gd g5g hpc7g i4g i8g i8ge im4gn is4gen " +
  "m6g m6gd m7g m7gd m8g m8gb m8gd m8gn m9g m9gd r6g r6gd r7g r7gd r8g r8gb r8gd r8gn r9g r9gd t4g x2gd x8g"
).split(" ");

describe("the architecture of an instance type", () => {
  it("can be derived from the name of every type that EC2 has for Linux machines", () => {
    expect(usable.filter((type) => architectureOfInstanceType(type) === undefined)).to.deep.equal([]);
  });

  it("is arm64 for the Graviton families and for no other", () => {
    const arm = usable.filter((type) => architectureOfInstanceType(type) === "arm64");
    expect(familiesOf(arm)).to.deep.equal(graviton);
  });

  it("is arm64 for Apple's and Grace's processors; such machines are refused for other reasons", () => {
    expect(["mac2.metal", "p6e-gb200.36xlarge"].map(architectureOfInstanceType)).to.deep.equal([
      "arm64",
      "arm64",
    ]);
  });

  it("is not guessed from a name in another form than EC2's", () => {
    expect(architectureOfInstanceType("quantum.large")).to.equal(undefined);
  });
});

describe("an instance type that uses CPU credits", () => {
  it("belongs to the series t, and to no other series that begins with t", () => {
    expect(familiesOf(types.filter(isBurstable))).to.deep.equal(["t1", "t2", "t3", "t3a", "t4g", "t8i"]);
    expect(familiesOf(types).filter((family) => family.startsWith("trn"))).to.not.deep.equal([]);
  });
});

describe("an instance type that runners cannot work on", () => {
  it("is a Mac, a paravirtual type or an UltraServer", () => {
    const unusable = familiesOf(types.filter((type) => unusableInstanceType(type) !== undefined));
    expect(unusable.filter((family) => !family.startsWith("mac"))).to.deep.equal([
      "c1",
      "m1",
      "m2",
      "p6e-gb200",
      "t1",
    ]);
    expect(familiesOf(usable).filter((family) => family.startsWith("mac"))).to.deep.equal([]);
  });
});
