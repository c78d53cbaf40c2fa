import type { Shape } from "../../contract/shape.ts";
import { checkShape } from "../../contract/shape.ts";

/** An answer of SSM to `GetParameter`, as far as it is read. */
interface OneParameter {
  Parameter: { Value: string };
}
/** And to `GetParameters`. */
interface SeveralParameters {
  Parameters: { Name: string; Value: string }[];
}

const one: Shape<OneParameter> = { Parameter: { Value: "secret" } };
const several: Shape<SeveralParameters> = { Parameters: [{ Name: "text", Value: "secret" }] };
const words = {
  subject: "SSM's answer",
  remedy:
    "Another server may answer in its place: look at the endpoint and the proxy that the configuration names.",
};

/** The value in an answer to `GetParameter`. @throws {Failure} where there is none */
export function parameterIn(answer: unknown): string {
  return checkShape<OneParameter>(answer, one, words).Parameter.Value;
}

/** The values in an answer to `GetParameters`, by name. Parameters that do not exist are not among them. @throws {Failure} */
export function parametersIn(answer: unknown): Map<string, string> {
  const { Parameters } = checkShape<SeveralParameters>(answer, several, words);
  return new Map(Parameters.map(({ Name, Value }) => [Name, Value]));
}
