import type { RegistrationResult } from "./registration.ts";
import { tokenDetail } from "./registration.ts";

/** Registers a machine, at its first boot and when GitHub has forgotten it, and describes what a waiting machine waits for. */
export interface Registrar {
  /**
   * Tries with the present token, if there is one.
   *
   * @throws AwsError if the parameter cannot be read
   */
  attempt(): Promise<RegistrationResult>;
  /** One sentence for people; undefined: nothing has been tried since the last registration. */
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
          // The result of the last token says more than that the machine waits for another.
          const isDenied = typeof result.parameter === "object";
          detail = isDenied ? tokenDetail(result.parameter) : (failure ?? tokenDetail(result.parameter));
        }
      }
      return result;
    },
    detail: () => detail,
  };
}
