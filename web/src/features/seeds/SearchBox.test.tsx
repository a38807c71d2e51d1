import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import type { Api, Track } from "../../lib/api";
import { ApiContext } from "../../lib/useApi";
import { StoreProvider, useStore } from "../../lib/store";
import { SearchBox } from "./SearchBox";

const track = (id: string): Track => ({
  id,
  track_name: `Title ${id}`,
  track_artist: "X",
  album: null,
  playlists: 3,
});

function Seeds() {
  return <output>{useStore().playlist.seeds.join(" ")}</output>;
}

function setUp(search: (q: string) => Promise<Track[]>) {
  const onPaste = vi.fn();
  const api = { search } as unknown as Api;
  render(
    <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
      <ApiContext value={api}>
        <StoreProvider>
          <SearchBox onPaste={onPaste} />
          <Seeds />
        </StoreProvider>
      </ApiContext>
    </QueryClientProvider>,
  );
  return { onPaste, user: userEvent.setup(), field: screen.getByRole("combobox") };
}

test("a song is found and taken by keyboard, and the next can be typed at once", async () => {
  const asked: string[] = [];
  const { user, field } = setUp((q) => {
    asked.push(q);
    return Promise.resolve([track("1"), track("2")]);
  });
  await user.type(field, "lucky");
  await waitFor(() => expect(screen.getAllByRole("option")).toHaveLength(2));
  expect(asked).toEqual(["lucky"]);
  await user.keyboard("{ArrowDown}");
  expect(screen.getAllByRole("option")[1]?.getAttribute("aria-selected")).toBe("true");
  expect(field.getAttribute("aria-activedescendant")).toBe(screen.getAllByRole("option")[1]?.id);
  await user.keyboard("{Enter}");
  expect(screen.getByText("2", { selector: "output" })).toBeTruthy();
  expect((field as HTMLInputElement).value).toBe("");
  expect(document.activeElement).toBe(field);
});

test("Escape closes the list and then empties the field", async () => {
  const { user, field } = setUp(() => Promise.resolve([track("1")]));
  await user.type(field, "x");
  await screen.findByRole("option");
  await user.keyboard("{Escape}");
  expect(screen.queryByRole("option")).toBeNull();
  await user.keyboard("{Escape}");
  expect((field as HTMLInputElement).value).toBe("");
});

test("what is not found, and a search that fails, are said", async () => {
  const { user, field } = setUp((q) => (q === "no" ? Promise.resolve([]) : Promise.reject(new Error())));
  await user.type(field, "no");
  await screen.findByText(/Nothing similar is known here/);
  await user.type(field, "pe");
  await screen.findByText(/does not answer/);
});

test("several pasted lines are a list", async () => {
  const { user, field, onPaste } = setUp(() => Promise.resolve([]));
  await user.click(field);
  await user.paste("A - B\nC - D");
  expect(onPaste).toHaveBeenCalledWith("A - B\nC - D");
  await user.paste("just words");
  expect(onPaste).toHaveBeenCalledTimes(1);
});
