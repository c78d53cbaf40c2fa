import * as z from "zod";

/** Tags of one's own. What AWS takes is for the rules: some of it rests on the tags of other places. */
export const tagsSchema = z
  .record(
    z.string().meta({ title: "key" }),
    z.string().describe("The tag's value, in quotes where it is a number."),
  )
  .default({});
