import type { Answer, Recommendation } from "./api";
import type { SongKey } from "./playlist";
import { list, quoted } from "./words";

/** One part of a score. The score is exactly the sum of its parts. */
export interface Part {
  readonly kind: "seed" | "title" | "popularity" | "less";
  readonly key: SongKey | null;
  readonly label: string;
  readonly value: number;
  readonly taste: number;
}

/** What the parts of scores stand for, which is the same for all songs of an answer. */
export interface Meaning {
  readonly seeds: readonly { key: SongKey; label: string; taste: number }[];
  readonly less: readonly { key: SongKey | null; label: string }[];
}

export function meaningOf(answer: Answer, less: Meaning["less"]): Meaning {
  return {
    seeds: answer.source_nodes
      .filter((node) => node.resolved_by !== null)
      .map((node) => ({
        key: node.id,
        label: node.track_name ?? node.id,
        taste: node.taste ?? 0,
      })),
    less,
  };
}

export function partsOf(song: Recommendation, meaning: Meaning): Part[] {
  const { terms } = song;
  if (!terms) return [];
  const parts: Part[] = terms.seeds.map((value, index) => {
    const seed = meaning.seeds[index];
    return {
      kind: "seed",
      key: seed?.key ?? null,
      label: seed?.label ?? "a song of yours",
      value,
      taste: seed?.taste ?? 0,
    };
  });
  if (terms.title !== undefined)
    parts.push({ kind: "title", key: null, label: "your title", value: terms.title, taste: 0 });
  parts.push({ kind: "popularity", key: null, label: "popularity", value: terms.popularity, taste: 0 });
  const sameNumber = terms.negative?.length === meaning.less.length;
  terms.negative?.forEach((value, index) => {
    // If the service does not know all of them, it does not say which are missing, so a name would be a guess.
    const less = sameNumber ? meaning.less[index] : undefined;
    parts.push({
      kind: "less",
      key: less?.key ?? null,
      label: less ? `less like ${less.label}` : "less like this",
      value,
      taste: 0,
    });
  });
  return parts;
}

/** The two strongest reasons, in words. */
export function becauseOf(parts: readonly Part[]): string {
  const strongest = parts
    .filter((part) => part.value > 0 && (part.kind === "seed" || part.kind === "title"))
    .sort((one, other) => other.value - one.value)
    .slice(0, 2);
  if (strongest.length === 0) return "many playlists have it";
  return `because of ${list(strongest.map((part) => (part.kind === "seed" ? quoted(part.label) : part.label)))}`;
}
