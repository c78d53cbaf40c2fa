import { traceOf } from "../../contract/failure.ts";
import { isObject, parseObject } from "../../contract/json.ts";
import type { LedgerLine } from "../../contract/ledger.ts";
import { parseJson } from "../aws/json.ts";
import { keptFile } from "./kept-file.ts";
import { readSmallFile } from "./tail.ts";

/** A line that is not in the ledger yet. */
export interface WaitingLine {
  line: LedgerLine;
  /** GitHub's id of its job; absent for a line about the machine. */
  id?: string;
}

/** The part of the ledger that survives a power-off: what was written last, and what is not written yet. */
export interface LedgerFiles {
  /** Ids of jobs that an earlier agent has written, the oldest first. */
  written: readonly string[];
  /** What an earlier agent has left, perhaps before a reboot. */
  waiting: readonly WaitingLine[];
  /** Saves the present state if it has changed. If the disk is full, that is logged, and tried again with the next call. */
  keep(written: readonly string[], waiting: readonly WaitingLine[]): void;
}

export interface LedgerPaths {
  written: string;
  waiting: string;
}

/** Most bytes of lines that are kept: those of some hundred jobs, which a machine has in weeks. */
const maxBytes = 256 * 1024;

/** @param machine its name at GitHub: lines from the image belong to another machine */
export function ledgerFiles(paths: LedgerPaths, machine: string, log: (line: string) => void): LedgerFiles {
  const before = { written: readWritten(paths.written), waiting: readWaiting(paths.waiting, machine) };
  const put = { written: keptFile(paths.written), waiting: keptFile(paths.waiting) };
  let problem: string | undefined;

  return {
    ...before,
    keep(written, waiting) {
      const lines = latest(waiting);
      try {
        put.waiting(lines.length === 0 ? "" : JSON.stringify({ machine, lines }));
        put.written(JSON.stringify(written));
        problem = undefined;
      } catch (error) {
        const trace = traceOf(error);
        if (trace !== problem)
          log(`The record of what the ledger contains and lacks could not be saved: ${trace}`);
        problem = trace;
      }
    },
  };
}

/** As many of the last lines as there is room for. */
function latest(waiting: readonly WaitingLine[]): WaitingLine[] {
  let bytes = 0;
  const first = waiting.findLastIndex((line) => {
    bytes += Buffer.byteLength(JSON.stringify(line)) + 1;
    return bytes > maxBytes;
  });
  return waiting.slice(first + 1);
}

/** A file that a power cut has damaged counts as empty. */
function readWritten(path: string): string[] {
  const ids = parseJson(readSmallFile(path, 2 * maxBytes) ?? "");
  return Array.isArray(ids) ? ids.filter((id) => typeof id === "string") : [];
}

function readWaiting(path: string, machine: string): WaitingLine[] {
  const content = parseObject(readSmallFile(path, 2 * maxBytes));
  if (content?.machine !== machine || !Array.isArray(content.lines)) return [];
  return content.lines.filter(isWaitingLine);
}

/**
 * Checks what the writer needs: CloudWatch would refuse a line without a time, and every later line with it. The
 * ledger's readers check what a line says.
 */
function isWaitingLine(waiting: unknown): waiting is WaitingLine {
  if (!isObject(waiting) || !isObject(waiting.line)) return false;
  const { id, line } = waiting;
  return (id === undefined || typeof id === "string") && momentOf(line) >= 0;
}

/** The time of a line in milliseconds since the epoch; NaN if it has none. */
export function momentOf({ kind, at, endedAt }: { kind?: unknown; at?: unknown; endedAt?: unknown }): number {
  return Date.parse(String(kind ? at : endedAt));
}
