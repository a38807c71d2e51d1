import { expect, test } from "vitest";
import type { Recommendation } from "../../lib/api";
import type { Action } from "../../lib/playlist";
import { EMPTY } from "../../lib/playlist";
import { effect } from "./effect";

const song = (id: string, artist = "A"): Recommendation => ({
  id,
  score: 1,
  track_name: id,
  track_artist: artist,
});
const say = (action: Action, before: Recommendation[], after: Recommendation[], label = "do it") =>
  effect({ playlist: EMPTY, label, action }, before, after);

test("a banned artist's songs are counted", () => {
  const before = [song("1", "X"), song("2", "x"), song("3")];
  expect(say({ type: "ban artist", artist: "X" }, before, [song("3"), song("4"), song("5")])).toBe(
    "2 songs by X, whom you banned, are gone. 2 new songs came in.",
  );
  expect(say({ type: "ban artist", artist: "Q" }, before, before)).toBe("Songs by Q will not be suggested.");
});

test("options say what they did", () => {
  const [one, two] = [
    [song("1"), song("2")],
    [song("1"), song("3")],
  ];
  expect(say({ type: "option", change: { perArtist: 2 } }, one, two)).toBe(
    "No artist has more than 2 songs now. 1 song went, 1 came in.",
  );
  expect(say({ type: "option", change: { popularity: 1 } }, one, one)).toBe(
    "Well-known songs count more. The songs are the same.",
  );
  expect(say({ type: "add", to: "seeds", keys: ["z"] }, one, two, "add “Z”")).toBe(
    "Add “Z”: 1 song went, 1 came in.",
  );
});
