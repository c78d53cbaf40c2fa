import type { ESLint } from "eslint";

export const rooms: Readonly<Record<string, readonly string[]>>;
export const roomsPlugin: ESLint.Plugin;
