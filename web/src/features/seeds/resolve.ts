import type { Api, ResolvedLine } from "../../lib/api";
import { LIMITS } from "../../lib/playlist";
import { beginning } from "../../lib/words";
import type { Entry } from "./parse";

export interface ResolvedEntry {
  readonly entry: Entry;
  readonly line: ResolvedLine;
}

const LONGEST = 300;

/** Which tracks the entries are: by their address if it is known, else by their names. */
export async function resolveEntries(
  api: Api,
  entries: readonly Entry[],
  signal: AbortSignal,
): Promise<ResolvedEntry[]> {
  const some = entries.slice(0, LIMITS.seeds);
  if (some.length === 0) return [];
  const lines = await api.resolve(
    some.map((entry) => beginning(entry.uri ?? entry.text, LONGEST)),
    signal,
  );
  const resolved = some.flatMap((entry, index) => {
    const line = lines[index];
    return line ? [{ entry, line }] : [];
  });
  // An unknown address may be another edition of a known song, so those are looked up by name.
  const missed = resolved.filter(
    ({ entry, line }) => !line.match && entry.uri !== undefined && entry.text !== entry.uri,
  );
  if (missed.length === 0) return resolved;
  const again = await api.resolve(
    missed.map(({ entry }) => beginning(entry.text, LONGEST)),
    signal,
  );
  const second = new Map(missed.map((one, index) => [one, again[index]]));
  return resolved.map((one) => ({ entry: one.entry, line: second.get(one) ?? one.line }));
}
