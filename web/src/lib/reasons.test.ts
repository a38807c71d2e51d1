import { expect, test } from "vitest";
import type { Answer } from "./api";
import { becauseOf, meaningOf, partsOf } from "./reasons";

const ANSWER: Answer = {
  model_version: "1",
  source_nodes: [
    { id: "a", track_name: "One", track_artist: "X", resolved_by: "track", taste: 1 },
    { id: "u", track_name: "Unknown", track_artist: "?", resolved_by: null },
    { id: "b", track_name: "Two", track_artist: "Y", resolved_by: "artist" },
  ],
  recommendation_nodes: [
    {
      id: "r",
      score: 1,
      track_name: "R",
      track_artist: "Z",
      terms: { seeds: [0.2, 0.5], popularity: 0.4, title: 0.1, negative: [-0.2] },
    },
  ],
  edges: [],
  unresolved: [],
  notices: [],
  coverage: { track: 1, name: 0, album: 0, artist: 1, features: 0, unresolved: 1 },
};
const song = ANSWER.recommendation_nodes[0];

test("the parts of a score are named, and are the score", () => {
  if (!song) throw new Error("no song");
  const meaning = meaningOf(ANSWER, [{ key: "n", label: "No" }]);
  const parts = partsOf(song, meaning);
  expect(parts.map((part) => [part.label, part.value, part.taste])).toEqual([
    ["One", 0.2, 1],
    ["Two", 0.5, 0],
    ["your title", 0.1, 0],
    ["popularity", 0.4, 0],
    ["less like No", -0.2, 0],
  ]);
  expect(parts.reduce((sum, part) => sum + part.value, 0)).toBeCloseTo(song.score);
  expect(becauseOf(parts)).toBe("because of “Two” and “One”");
});

test("where no song speaks for it, playlists do", () => {
  expect(becauseOf([{ kind: "popularity", key: null, label: "popularity", value: 1, taste: 0 }])).toBe(
    "many playlists have it",
  );
});
