const PATHS = {
  check: "M4 12.5l5 5L20 6.5",
  keep: "M7 3.5h10v17l-5-4-5 4z",
  more: "M12 5v14M5 12h14",
  less: "M5 12h14",
  up: "M7 11v9H4v-9zM7 11l4-7c1.500 0 2.500 1 2.200 2.500L12.500 10H19c1.200 0 2 1 1.700 2.200l-1.500 6.300c-.2.900-1 1.500-1.900 1.500H7",
  down: "M17 13V4h3v9zM17 13l-4 7c-1.500 0-2.500-1-2.200-2.500L11.500 14H5c-1.200 0-2-1-1.700-2.200l1.500-6.300c.2-.9 1-1.500 1.900-1.500H17",
  ban: "M12 3.5a8.500 8.500 0 100 17 8.500 8.500 0 000-17zM6 6l12 12",
  play: "M8 5l11 7-11 7z",
  undo: "M9 6L4 11l5 5M4 11h9a6 6 0 010 12h-2",
  redo: "M15 6l5 5-5 5M20 11h-9a6 6 0 000 12h2",
  link: "M10 14a4 4 0 005.7 0l3-3A4 4 0 0013 5.300l-1 1M14 10a4 4 0 00-5.700 0l-3 3a4 4 0 005.700 5.700l1-1",
  sun: "M12 8a4 4 0 100 8 4 4 0 000-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.400 1.400M17.600 17.600L19 19M5 19l1.400-1.400M17.600 6.400L19 5",
  moon: "M20 14.500A8.500 8.500 0 119.500 4a7 7 0 0010.500 10.500z",
  system: "M4 5h16v11H4zM9 20h6M12 16v4",
  search: "M11 4a7 7 0 100 14 7 7 0 000-14zM16 16l4.500 4.500",
  chevron: "M6 9l6 6 6-6",
  out: "M12 4v11M7 10l5 5 5-5M4 20h16",
  fit: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  close: "M6 6l12 12M18 6L6 18",
  paste: "M9 4h6v3H9zM7 5.500H5V21h14V5.500h-2M8.500 12h7M8.500 16h5",
} as const;

export type IconName = keyof typeof PATHS;

/** Icons are decoration: what they mean is said by the name of the button around them. */
export function Icon({ name, filled = false }: { name: IconName; filled?: boolean }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path
        d={PATHS[name]}
        fill={filled ? "currentColor" : "none"}
        stroke="currentColor"
        strokeWidth="2"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
