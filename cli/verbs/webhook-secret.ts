import { randomBytes } from "node:crypto";
import { Command } from "commander";
import type { VerbContext } from "../context.ts";

/** As many bytes as the signature's hash has: more would not make it stronger. */
const secretBytes = 32;

/**
 * `longhaul webhook-secret`: prints a new secret for the webhook, hexadecimal;
 * the one line on standard output. The stack's Command keeps it, without a log.
 */
export function webhookSecretCommand(context: VerbContext): Command {
  return new Command("webhook-secret")
    .description("make a secret for the webhook, for the stack's own Command")
    .action(() => {
      context.output.result(randomBytes(secretBytes).toString("hex"));
    });
}
