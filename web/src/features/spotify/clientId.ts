/**
 * The client id of a listener's own application at Spotify, for pages that are set up without one. It is public. It
 * is kept for the session, because a login leaves the page and comes back.
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
