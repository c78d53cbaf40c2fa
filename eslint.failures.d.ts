import type { ESLint } from "eslint";

export const failuresSyntax: readonly { selector: string; message: string }[];
export const failuresPlugin: ESLint.Plugin;
