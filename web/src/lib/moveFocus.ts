/** Moves the focus from a button whose row will disappear to the same button in the next or else the previous row. */
export function moveFocus(button: Element | null): void {
  const row = button?.closest("li");
  const next = row?.nextElementSibling ?? row?.previousElementSibling;
  const label = button?.getAttribute("title");
  next?.querySelector<HTMLElement>(label ? `[title="${label}"]` : "button")?.focus({ preventScroll: true });
}
