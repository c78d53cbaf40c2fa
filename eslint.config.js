import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";
import { failuresPlugin, failuresSyntax } from "./eslint.failures.js";
import { rooms, roomsPlugin } from "./eslint.rooms.js";

export default defineConfig(
  { ignores: ["**/dist/**", "node_modules/**", "eslint.*.js", ".longhaul/**"] },
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
  { files: ["**/*.ts"], plugins: { rooms: roomsPlugin }, rules: { "rooms/imports": "error" } },
  {
    files: Object.keys(rooms).map((room) => (room.endsWith(".ts") ? room : `${room}/**/*.ts`)),
    plugins: { failures: failuresPlugin },
    rules: { "failures/message": "error", "no-restricted-syntax": ["error", ...failuresSyntax] },
  },
  { files: ["contract/failure.ts"], rules: { "failures/message": "off" } },
);
