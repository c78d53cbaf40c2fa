import * as z from "zod";

/** Configured tags. The rules check what AWS accepts, because some of it depends on tags in other places. */
export const tagsSchema = z
  .record(
    z.string().meta({ title: "key" }),
    z.string().describe("The tag's value, in quotes where it is a number."),
  )
  .default({});
