import js from "@eslint/js";
import a11y from "eslint-plugin-jsx-a11y";
import hooks from "eslint-plugin-react-hooks";
import globals from "globals";
import typescript from "typescript-eslint";

// Who may import whom: app > features > lib, and no feature another one. What two features share is in lib.
const forbid = (...patterns) => ({
  "no-restricted-imports": [
    "error",
    { patterns: patterns.map((regex) => ({ regex, message: "See eslint.config.js: import zones." })) },
  ],
});

export default typescript.config(
  { ignores: ["dist", "shots", "src/lib/schema.d.ts"] },
  js.configs.recommended,
  ...typescript.configs.strict,
  {
    files: ["src/**/*.{ts,tsx}"],
    extends: [a11y.flatConfigs.strict, hooks.configs.flat["recommended-latest"]],
  },
  { files: ["src/lib/**"], rules: forbid("/features/", "/app/") },
  { files: ["src/features/**"], rules: forbid("/app/", "^\\.\\./(?!\\.\\./lib/)") },
  {
    files: ["scripts/**", "browser/**"],
    languageOptions: { globals: { ...globals.node, ...globals.browser } },
  },
);
