import { traceOf } from "../../contract/failure.ts";
import { isObject, parseObject } from "../../contract/json.ts";
import type { LedgerLine } from "../../contract/ledger.ts";
import { parseJson } from "../aws/json.ts";
import { keptFile } from "./kept-file.ts";
import { readSmallFile } from "./tail.ts";

/** A line that is still to be written into the ledger. */
export interface WaitingLine {
  line: LedgerLine;
  /** GitHub's id of the job that it is about; absent where it is about the machine. */
  id?: string;
}

/** What outlives the machine's power of the ledger: what was written last, and what still waits to be. */
export interface LedgerFiles {
  /** Ids of jobs that an earlier agent has written, the oldest first. */
  written: readonly string[];
  /** What an earlier agent has left, perhaps before a reboot. */
  waiting: readonly WaitingLine[];
  /** Says that it is this now. Writes what has changed; where the disk takes nothing, that is logged, and tried with the next call. */
  keep(written: readonly string[], waiting: readonly WaitingLine[]): void;
}

export interface LedgerPaths {
  written: string;
  waiting: string;
}

/** Bytes of lines that are kept at most: those of some hundred jobs, which a machine has in weeks. */
const maxBytes = 256 * 1024;

/** @param machine its name at GitHub: lines that an image brought along are another machine's */
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
        if (trace !== problem) log(`What the ledger has and lacks could not be written down: ${trace}`);
        problem = trace;
      }
    },
  };
}

/** As many of the last ones as there is room for. */
function latest(waiting: readonly WaitingLine[]): WaitingLine[] {
  let bytes = 0;
  const first = waiting.findLastIndex((line) => {
    bytes += Buffer.byteLength(JSON.stringify(line)) + 1;
    return bytes > maxBytes;
  });
  return waiting.slice(first + 1);
}

/** A file that a power cut has left in pieces remembers none. */
function readWritten(path: string): string[] {
  const ids = parseJson(readSmallFile(path, 2 * maxBytes) ?? "");
  return Array.isArray(ids) ? ids.filter((id) => typeof id === "string") : [];
}

function readWaiting(path: string, machine: string): WaitingLine[] {
  const content = parseObject(readSmallFile(path, 2 * maxBytes));
  if (content?.machine !== machine || !Array.isArray(content.lines)) return [];
  return content.lines.filter(isWaitingLine);
}

/** A reader of the ledger judges what a line says. */
function isWaitingLine(waiting: unknown): waiting is WaitingLine {
  return isObject(waiting) && isObject(waiting.line);
}
