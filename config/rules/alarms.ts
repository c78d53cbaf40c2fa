import { repeated } from "./repeated.ts";
import type { Finding } from "../issues.ts";
import type { Configuration } from "../schema.ts";

export function alarmFindings({ alarms: { emails } }: Pick<Configuration, "alarms">): Finding[] {
  return repeated(emails).map((index) => ({
    path: ["alarms", "emails", index],
    message: `"${emails[index]!}" is there already; remove one`,
  }));
}
