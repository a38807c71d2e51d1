// How much a listener loads, gzipped, from the manifest of the built page; fails where it is more than it may be.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const LIMITS = { "first load": 110, graph: 30 };
const DIST = new URL("../dist/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL(".vite/manifest.json", DIST), "utf8"));

/** The files of a chunk and of all that it imports before it runs. */
function filesOf(name, files = new Set()) {
  const chunk = manifest[name];
  if (files.has(chunk.file)) return files;
  files.add(chunk.file);
  for (const file of [...(chunk.css ?? []), ...(chunk.assets ?? [])]) files.add(file);
  for (const imported of chunk.imports ?? []) filesOf(imported, files);
  return files;
}

// What is packed already, as fonts are, weighs what it weighs.
const weigh = (file) => {
  const bytes = readFileSync(new URL(file, DIST));
  return /\.woff2$/.test(file) ? bytes.length : gzipSync(bytes).length;
};
const sum = (files) => [...files].reduce((total, file) => total + weigh(file), 0);

const first = filesOf("index.html").add("index.html");
for (const file of Object.values(manifest).map((chunk) => chunk.file))
  if (file.endsWith(".woff2")) first.add(file);
const beyond = (name) => [...filesOf(name)].filter((file) => !first.has(file));
const weights = {
  "first load": sum(first),
  "suggestions, fetched meanwhile": sum(beyond("src/app/Work.tsx")),
  graph: sum(beyond("src/features/graph/Graph.tsx")),
};

let failed = false;
for (const [what, bytes] of Object.entries(weights)) {
  const limit = LIMITS[what];
  const over = limit !== undefined && bytes > limit * 1000;
  failed ||= over;
  console.log(
    `${what}: ${(bytes / 1000).toFixed(1)} kB${limit === undefined ? "" : ` of ${limit}`}${over ? ", too much" : ""}`,
  );
}
process.exit(failed ? 1 : 0);
