import type { RegistrationResult } from "./registration.ts";
import { tokenDetail } from "./registration.ts";

/** Registers a machine, at its first boot and where GitHub has forgotten it, and knows what to say of one that waits. */
export interface Registrar {
  /**
   * Tries with the token that is there, if one is.
   *
   * @throws AwsError when the parameter cannot be read
   */
  attempt(): Promise<RegistrationResult>;
  /** One sentence for people; undefined: nothing has been tried since the machine was last registered. */
  detail(): string | undefined;
}

/** @param register as {@link "./registration".register} does */
export function createRegistrar(
  register: () => Promise<RegistrationResult>,
  log: (line: string) => void,
): Registrar {
  let failure: string | undefined;
  let detail: string | undefined;
  return {
    async attempt() {
      const result = await register();
      switch (result.outcome) {
        case "registered":
          failure = detail = undefined;
          break;
        case "failed":
          failure = detail = result.reason;
          log(`The registration failed: ${failure}`);
          break;
        case "no-token": {
          // What became of the last token says more than that the machine waits for another.
          const isDenied = typeof result.parameter === "object";
          detail = isDenied ? tokenDetail(result.parameter) : (failure ?? tokenDetail(result.parameter));
        }
      }
      return result;
    },
    detail: () => detail,
  };
}
