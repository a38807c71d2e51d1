import { useEffect, useState } from "react";

export type Theme = "system" | "light" | "dark";

const KEY = "algorhythms:theme";

/** The theme that was chosen in this browser; without one, the style sheet follows the system. */
export function useTheme(): [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState<Theme>(() => {
    const saved = read();
    return saved === "light" || saved === "dark" ? saved : "system";
  });
  useEffect(() => {
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // Without storage, the choice lasts as long as the page.
    }
  }, [theme]);
  return [theme, setTheme];
}

function read(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}
