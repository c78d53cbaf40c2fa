import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

/** Who may import whom: every folder lists the folders of the project that it must not reach into. */
const folders = [
  "components",
  "config",
  "runtime",
  "observe",
  "scripts",
  "validation",
  "dashboard",
  "local",
  "tests",
];
const mayImport = {
  contract: [],
  config: [],
  components: ["config"],
  "runtime/aws": [],
  "runtime/agent": ["runtime"],
  "runtime/functions": ["runtime"],
  observe: [],
  validation: [],
  scripts: ["components", "config", "runtime", "observe", "validation", "dashboard"],
  local: [],
};

const importRules = Object.entries(mayImport).map(([folder, allowed]) => ({
  files: [`${folder}/**/*.ts`],
  ignores: folder === "scripts" ? ["scripts/verbs/local/**"] : [],
  rules: {
    "no-restricted-imports": [
      "error",
      {
        patterns: folders
          .filter((other) => !allowed.includes(other) && other !== folder.split("/")[0])
          .map((other) => ({
            regex: `^(\\.\\./)+${other}/`,
            message: `${folder}/ must not import ${other}/: see docs/architecture.md.`,
          })),
      },
    ],
  },
}));

export default defineConfig(
  { ignores: ["dist/**", "node_modules/**", "eslint.config.js", ".longhaul/**"] },
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-non-null-assertion": "off", // noUncheckedIndexedAccess would otherwise ask for dead branches
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
    },
  },
  {
    files: ["tests/**/*.ts"],
    rules: {
      "@typescript-eslint/no-unused-expressions": "off", // chai's expect(x).to.be.true
      "@typescript-eslint/no-floating-promises": "error",
    },
  },
  ...importRules,
);
