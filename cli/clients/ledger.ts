import { paginateFilterLogEvents, ResourceNotFoundException } from "@aws-sdk/client-cloudwatch-logs";
import type { CloudWatchLogsClient, FilterLogEventsCommandOutput } from "@aws-sdk/client-cloudwatch-logs";
import { parseLedgerLine } from "../../contract/ledger.ts";
import type { LedgerLine } from "../../contract/ledger.ts";
import { awsCall } from "./aws-call.ts";
import { ServiceError } from "./service-error.ts";

/** The records that machines wrote about themselves. */
export interface LedgerReader {
  /**
   * Reads a log group's lines from a span of time, page by page.
   *
   * @returns undefined if the log group does not exist
   *
   * @param span milliseconds since the epoch, without its end
   */
  read(logGroup: string, span: { from: number; to: number }): Promise<LedgerLine[] | undefined>;
}

/** Milliseconds for all pages: CloudWatch searches some megabytes a second, and a month of jobs is one. */
const readLimitMs = 5 * 60_000;

/** @throws ServiceError */
export function ledgerOf(logs: CloudWatchLogsClient, limitMs = readLimitMs): LedgerReader {
  return {
    async read(logGroupName, { from, to }) {
      const signal = AbortSignal.timeout(limitMs);
      const pages = paginateFilterLogEvents(
        { client: logs },
        { logGroupName, startTime: from, endTime: to },
        { abortSignal: signal },
      )[Symbol.asyncIterator]();
      const lines: LedgerLine[] = [];
      for (;;) {
        const page = await nextPage(pages, signal, limitMs);
        if (page === "no such group") return undefined;
        if (!page) return lines;
        for (const { message = "" } of page.events ?? []) {
          const line = parseLedgerLine(message);
          if (line) lines.push(line);
        }
      }
    },
  };
}

type Pages = AsyncIterator<FilterLogEventsCommandOutput, unknown>;

async function nextPage(
  pages: Pages,
  signal: AbortSignal,
  limitMs: number,
): Promise<FilterLogEventsCommandOutput | "no such group" | undefined> {
  try {
    const { value, done } = await awsCall("logs:FilterLogEvents", () => pages.next());
    return done ? undefined : value;
  } catch (error) {
    if (error instanceof ServiceError && error.cause instanceof ResourceNotFoundException) {
      return "no such group";
    }
    if (!signal.aborted) throw error;
    throw new ServiceError(
      `logs:FilterLogEvents took more than ${limitMs / 60_000} min for the ledger: choose a shorter time with --since.`,
      { transient: true, cause: error },
    );
  }
}
