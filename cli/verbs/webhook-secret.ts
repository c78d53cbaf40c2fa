import { randomBytes } from "node:crypto";
import { Command } from "commander";
import type { VerbContext } from "../context.ts";

/** As many bytes as the signature's hash has. More would not make the signature stronger. */
const secretBytes = 32;

/**
 * `longhaul webhook-secret`: prints a new secret for the webhook, as one line of
 * hexadecimal digits. The stack's Command keeps it, and does not log it.
 */
export function webhookSecretCommand(context: VerbContext): Command {
  return new Command("webhook-secret")
    .description("make a secret for the webhook, for the stack's own Command")
    .action(() => {
      context.output.result(randomBytes(secretBytes).toString("hex"));
    });
}
