import type { Account } from "../features/spotify/account";
import { ownClientId } from "../features/spotify/clientId";
import type { Purpose } from "../features/spotify/login";
import type { Config } from "../lib/config";

/** The account at Spotify, and the result of a login if the page was opened by one. */
export interface SpotifyStart {
  /** Null if neither the page nor the listener has an application at Spotify. */
  readonly account: Account | null;
  /** Whether the page is set up with an application, so that nobody needs one of their own. */
  readonly builtIn: boolean;
  readonly purpose: Purpose | null;
  readonly failed: string;
}

/** Starts the account at Spotify; without an application there, no code for logging in is loaded. */
export async function startSpotify(config: Promise<Config>): Promise<SpotifyStart> {
  const { spotifyClientId } = await config;
  const start = { account: null, builtIn: spotifyClientId !== "", purpose: null, failed: "" };
  const clientId = spotifyClientId || ownClientId();
  if (clientId === "") return start;
  const [{ Account }, { isAnswer }] = await Promise.all([
    import("../features/spotify/account"),
    import("../features/spotify/login"),
  ]);
  const account = new Account(clientId);
  const { search } = location;
  if (!isAnswer(search)) return { ...start, account };
  // The code works only once, so it is removed from the address bar and the browser's history.
  history.replaceState(null, "", location.pathname + location.hash);
  try {
    return { ...start, account, purpose: await account.finish(search) };
  } catch (error) {
    return { ...start, account, failed: error instanceof Error ? error.message : "The login failed." };
  }
}
