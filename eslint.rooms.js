import { dirname, join, relative } from "node:path";

/**
 * The rooms of the project, and which others each may import. A file belongs to
 * the longest room that its path begins with, and may import its own room.
 * docs/architecture.md has the same table.
 */
const functions = ["contract", "runtime/aws", "runtime/functions"];
const cli = ["contract", "config", "observe", "runtime/aws", "runtime/functions", "cli"];
export const rooms = {
  contract: [],
  config: ["contract"],
  observe: ["contract"],
  components: ["contract", "config"],
  "runtime/aws": ["contract"],
  "runtime/agent": ["contract", "runtime/aws"],
  "runtime/functions": ["contract", "runtime/aws"],
  "runtime/functions/controller": functions,
  "runtime/functions/receiver": functions,
  cli,
  // The program that is tried on the local cloud is loaded by its path.
  "cli/verbs/local": [...cli, "local"],
  "cli/main.ts": [...cli, "cli/verbs/local", "local"],
  "cli/longhaul.ts": ["cli/main.ts"],
  local: ["contract"],
  scripts: [
    ...cli,
    "components",
    "runtime/agent",
    "runtime/functions/controller",
    "runtime/functions/receiver",
    "package.json",
  ],
  "index.ts": ["components"],
};

/** The rooms that have names besides their paths, in package.json. Other packages are not looked at. */
const named = {
  "#agent": "runtime/agent",
  "#controller": "runtime/functions/controller",
  "#receiver": "runtime/functions/receiver",
  longhaul: "components",
  "longhaul/main": "cli/main.ts",
  "longhaul-local": "local",
};

/** @param {string} path relative to the project @returns {string | undefined} undefined: it may import everything */
function roomOf(path) {
  return Object.keys(rooms)
    .filter((room) => path === room || path.startsWith(`${room}/`))
    .sort((one, other) => other.length - one.length)[0];
}

/** Refuses imports from a room to one that it must not know. */
const roomsRule = {
  meta: {
    type: "problem",
    schema: [],
    messages: {
      forbidden: "{{from}} must not import {{target}}: see docs/architecture.md and eslint.rooms.js.",
    },
  },
  create(context) {
    const file = relative(context.cwd, context.filename);
    const from = roomOf(file);
    if (from === undefined) return {};
    const check = (source) => {
      const name = source?.type === "TemplateLiteral" ? source.quasis[0].value.cooked : source?.value;
      if (typeof name !== "string") return;
      const target = name.startsWith(".") ? join(dirname(file), name) : named[name];
      if (target === undefined) return;
      const to = roomOf(target) ?? target;
      if (to === from || rooms[from].includes(to)) return;
      context.report({ node: source, messageId: "forbidden", data: { from, target } });
    };
    return {
      ImportDeclaration: ({ source }) => check(source),
      ImportExpression: ({ source }) => check(source),
      ExportNamedDeclaration: ({ source }) => check(source),
      ExportAllDeclaration: ({ source }) => check(source),
      TSImportType: ({ source, argument }) => check(source ?? argument?.literal),
    };
  },
};

export const roomsPlugin = { rules: { imports: roomsRule } };
