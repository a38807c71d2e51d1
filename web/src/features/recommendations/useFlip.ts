import { useLayoutEffect, useRef, type RefObject } from "react";

const DURATION = 260;
const MOST = 60;

/** Moves rows to their new places instead of letting them jump; only those on screen, and not with reduced motion. */
export function useFlip(listRef: RefObject<HTMLElement | null>, order: unknown): void {
  const places = useRef(new Map<string, number>());

  useLayoutEffect(() => {
    const list = listRef.current;
    if (!list) return;
    // Checked before the places of rows are read, which makes the browser lay the page out.
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return places.current.clear();
    const rows = [...list.children].slice(0, MOST) as HTMLElement[];
    const now = new Map(rows.map((row) => [row.dataset.id ?? "", row.offsetTop]));
    const before = places.current;
    places.current = now;
    if (before.size === 0) return;
    const top = list.getBoundingClientRect().top;
    for (const row of rows) {
      const id = row.dataset.id ?? "";
      const to = now.get(id) ?? 0;
      if (top + to > innerHeight || top + to < -200) continue;
      const from = before.get(id);
      if (from === undefined) row.animate([{ opacity: 0 }, { opacity: 1 }], { duration: DURATION });
      else if (from !== to)
        row.animate([{ transform: `translateY(${from - to}px)` }, { transform: "none" }], {
          duration: DURATION,
          easing: "ease-out",
        });
    }
  }, [listRef, order]);
}
