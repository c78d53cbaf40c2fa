import { expect } from "chai";
import { xmlDocument } from "../../../local/aws/xml.ts";

describe("the XML of the local AWS", () => {
  const answer = {
    requestId: "1",
    reservationSet: [{ groupSet: [], instancesSet: [{ launchTime: new Date(0), ipAddress: undefined }] }],
    reason: "",
    value: "a < b & c",
  };

  it("looks like EC2's: indented, with self-closing empty elements", () => {
    expect(xmlDocument("Answer", answer, { list: "item", indent: 4 }, "http://ec2/")).to.equal(
      [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<Answer xmlns="http://ec2/">',
        "    <requestId>1</requestId>",
        "    <reservationSet>",
        "        <item>",
        "            <groupSet/>",
        "            <instancesSet>",
        "                <item>",
        "                    <launchTime>1970-01-01T00:00:00.000Z</launchTime>",
        "                </item>",
        "            </instancesSet>",
        "        </item>",
        "    </reservationSet>",
        "    <reason/>",
        "    <value>a &#60; b &#38; c</value>",
        "</Answer>",
      ].join("\n"),
    );
  });

  it("is in one line if the service writes it so", () => {
    expect(xmlDocument("Response", { Errors: { Error: { Code: "X" } } }, { list: "item" })).to.match(
      /\n<Response><Errors><Error><Code>X<\/Code><\/Error><\/Errors><\/Response>$/,
    );
  });
});
