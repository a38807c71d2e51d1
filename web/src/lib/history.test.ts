import { expect, test } from "vitest";
import { BEGINNING, historyReducer, type History, type HistoryAction } from "./history";

const add = (key: string): HistoryAction => ({
  type: "do",
  action: { type: "add", to: "seeds", keys: [key] },
  label: `add ${key}`,
});
const seeds = (history: History) => history.present.playlist.seeds;
const run = (...events: HistoryAction[]) => events.reduce(historyReducer, BEGINNING);

test("undo and redo go through every step", () => {
  const done = run(add("a"), add("b"));
  const back = historyReducer(historyReducer(done, { type: "undo" }), { type: "undo" });
  expect(seeds(back)).toEqual([]);
  expect(back.future.map((step) => step.label)).toEqual(["add a", "add b"]);
  const again = historyReducer(historyReducer(back, { type: "redo" }), { type: "redo" });
  expect(seeds(again)).toEqual(["a", "b"]);
  expect(again.present.label).toBe("add b");
});

test("a new step forgets what was undone", () => {
  const history = run(add("a"), { type: "undo" }, add("b"), { type: "redo" });
  expect(seeds(history)).toEqual(["b"]);
  expect(history.future).toEqual([]);
});

test("what changes nothing is no step", () => {
  const history = run(add("a"));
  expect(historyReducer(history, add("a"))).toBe(history);
  expect(historyReducer(BEGINNING, { type: "undo" })).toBe(BEGINNING);
  expect(historyReducer(BEGINNING, { type: "redo" })).toBe(BEGINNING);
});

test("the oldest steps are forgotten", () => {
  const history = run(...Array.from({ length: 130 }, (_, index) => add(`t${index}`)));
  expect(history.past).toHaveLength(100);
});
