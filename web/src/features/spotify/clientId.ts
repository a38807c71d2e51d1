/**
 * The client id of a listener's own application at Spotify, for pages that are set up without one. It is public; it
 * stays for the session, as the way to Spotify and back leaves the page.
 */
const KEY = "algorhythms:spotify-client-id";

export function ownClientId(): string {
  try {
    return sessionStorage.getItem(KEY) ?? "";
  } catch {
    return "";
  }
}

export function keepClientId(id: string): void {
  if (id === "") sessionStorage.removeItem(KEY);
  else sessionStorage.setItem(KEY, id);
}
