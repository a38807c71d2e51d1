import { expect, test } from "vitest";
import { BEGINNING, historyReducer } from "./history";
import { load, save } from "./session";

const history = historyReducer(BEGINNING, {
  type: "do",
  action: { type: "add", to: "seeds", keys: ["a"] },
  label: "add a",
});

test("the session brings history and the names that it needs back", () => {
  save({ history, names: { a: { title: "A", artist: "X" }, unused: { title: "U", artist: null } } });
  const saved = load();
  expect(saved.history.present).toEqual({ playlist: history.present.playlist, label: "add a" });
  expect(saved.history.past).toHaveLength(1);
  expect(saved.names).toEqual({ a: { title: "A", artist: "X" } });
});

test.each(["", "null", "{", '{"history":{"past":[],"present":{"playlist":{}},"future":[]},"names":{}}'])(
  "a session that holds %j is begun anew",
  (stored) => {
    sessionStorage.setItem("algorhythms:1", stored);
    expect(load()).toEqual({ history: BEGINNING, names: {} });
  },
);
