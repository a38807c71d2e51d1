/** `2 songs`, `1 song`, `1,204 songs`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

/** `a, b and c`. */
export function list(parts: readonly string[]): string {
  return new Intl.ListFormat("en").format(parts);
}

/** The beginning of a text, at most `length` UTF-16 units; half an emoji could be sent nowhere. */
export function beginning(text: string, length: number): string {
  return text.slice(0, length).replace(/[\ud800-\udbff]$/, "");
}

export function quoted(text: string): string {
  return `“${text}”`;
}
