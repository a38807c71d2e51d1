import { useEffect } from "react";
import { useStore } from "../lib/store";

/** Ctrl+Z and Ctrl+Shift+Z (or Ctrl+Y, or with the command key), except in text fields, which have their own undo. */
export function useUndoKeys(): void {
  const { undo, redo } = useStore();
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
      const { target } = event;
      if (
        target instanceof HTMLElement &&
        target.matches("textarea, input:not([type=checkbox], [type=range])")
      )
        return;
      const key = event.key.toLowerCase();
      const action = key === "y" || (key === "z" && event.shiftKey) ? redo : key === "z" ? undo : null;
      if (!action) return;
      event.preventDefault();
      action();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [undo, redo]);
}
