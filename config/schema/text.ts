import * as z from "zod";

/** A string of one form: a refusal says which, and the reference shows the example. */
export function text(pattern: RegExp, what: string, example: string) {
  return z
    .string()
    .regex(pattern, `must be ${what}, for example ${example}`)
    .meta({ examples: [example] });
}

/** A repository of the organisation, without its owner. */
export const repositoryName = text(/^[\w.-]+$/, "the name of a repository without its owner", "app");
