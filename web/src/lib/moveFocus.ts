/** Of a button that goes away with its row: moves the focus to the like of it in the next row, or in the one before. */
export function moveFocus(button: Element | null): void {
  const row = button?.closest("li");
  const next = row?.nextElementSibling ?? row?.previousElementSibling;
  const label = button?.getAttribute("title");
  next?.querySelector<HTMLElement>(label ? `[title="${label}"]` : "button")?.focus({ preventScroll: true });
}
