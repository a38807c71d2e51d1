/**
 * Authorization Code with PKCE, as Spotify documents it for pages without a server: the page keeps a secret, sends its
 * hash, and proves with the secret that the returned code is meant for it. `state` proves that it began the login.
 */
const AUTHORIZE = "https://accounts.spotify.com/authorize";
const TOKEN = "https://accounts.spotify.com/api/token";
const SCOPES = "playlist-read-private user-library-read playlist-modify-private";
/** Holds a login until Spotify leads back to the page; tokens are never stored. */
const KEY = "algorhythms:spotify-login";

/** What the listener wanted to do when the login came between. */
export type Purpose = "import" | "export";

export interface Token {
  readonly access: string;
  readonly refresh: string | null;
  /** In milliseconds since 1970. */
  readonly expires: number;
}

interface Pending {
  readonly verifier: string;
  readonly state: string;
  readonly purpose: Purpose;
}

export class LoginError extends Error {
  override readonly name = "LoginError";
}

/** The page's own address, as it has to be entered at Spotify. */
export function redirectUri(at: Location = location): string {
  return at.origin + at.pathname;
}

export async function loginAddress(clientId: string, purpose: Purpose): Promise<string> {
  const pending: Pending = { verifier: random(64), state: random(16), purpose };
  sessionStorage.setItem(KEY, JSON.stringify(pending));
  const parameters = new URLSearchParams({
    response_type: "code",
    client_id: clientId,
    redirect_uri: redirectUri(),
    scope: SCOPES,
    state: pending.state,
    code_challenge_method: "S256",
    code_challenge: await challengeOf(pending.verifier),
  });
  return `${AUTHORIZE}?${parameters.toString()}`;
}

/** Whether the page was opened by Spotify's answer to a login. */
export function isAnswer(search: string): boolean {
  const parameters = new URLSearchParams(search);
  return parameters.has("state") && (parameters.has("code") || parameters.has("error"));
}

export async function finishLogin(
  clientId: string,
  search: string,
): Promise<{ token: Token; purpose: Purpose }> {
  const parameters = new URLSearchParams(search);
  const pending = JSON.parse(sessionStorage.getItem(KEY) ?? "null") as Pending | null;
  // Each login can be finished only once, whatever its result.
  sessionStorage.removeItem(KEY);
  if (!pending || parameters.get("state") !== pending.state)
    throw new LoginError("This answer is not for a login that was begun here, so it was not used.");
  const refusal = parameters.get("error");
  if (refusal !== null)
    throw new LoginError(
      refusal === "access_denied"
        ? "You did not let this page into your account. Everything else works without it."
        : `Spotify refused the login: ${refusal}.`,
    );
  const token = await fetchToken({
    grant_type: "authorization_code",
    code: parameters.get("code") ?? "",
    redirect_uri: redirectUri(),
    client_id: clientId,
    code_verifier: pending.verifier,
  });
  return { token, purpose: pending.purpose };
}

export function refresh(clientId: string, token: string): Promise<Token> {
  return fetchToken({ grant_type: "refresh_token", refresh_token: token, client_id: clientId });
}

async function fetchToken(form: Record<string, string>): Promise<Token> {
  const response = await fetch(TOKEN, { method: "POST", body: new URLSearchParams(form) }).catch(() => null);
  if (!response) throw new LoginError("Spotify cannot be reached.");
  const body = (await response.json().catch(() => ({}))) as Record<string, unknown>;
  if (!response.ok || typeof body.access_token !== "string")
    throw new LoginError("Your login at Spotify has run out. Log in again.");
  return {
    access: body.access_token,
    refresh: typeof body.refresh_token === "string" ? body.refresh_token : (form.refresh_token ?? null),
    expires: Date.now() + 1000 * (typeof body.expires_in === "number" ? body.expires_in : 3600),
  };
}

function random(bytes: number): string {
  return base64url(crypto.getRandomValues(new Uint8Array(bytes)));
}

export async function challengeOf(verifier: string): Promise<string> {
  return base64url(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier))));
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}
