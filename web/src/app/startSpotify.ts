import type { Account } from "../features/spotify/account";
import type { Purpose } from "../features/spotify/login";
import type { Config } from "../lib/config";

/** The account at Spotify, and what became of a login that the page was opened with. */
export interface SpotifyStart {
  readonly account: Account;
  readonly purpose: Purpose | null;
  readonly failed: string;
}

/** Nothing of it is loaded in a deployment without an application at Spotify. */
export async function startSpotify(config: Promise<Config>): Promise<SpotifyStart | null> {
  const { spotifyClientId } = await config;
  if (spotifyClientId === "") return null;
  const [{ Account }, { isAnswer }] = await Promise.all([
    import("../features/spotify/account"),
    import("../features/spotify/login"),
  ]);
  const account = new Account(spotifyClientId);
  const { search } = location;
  if (!isAnswer(search)) return { account, purpose: null, failed: "" };
  // The code is for once; it stays neither in the address bar nor in the browser's history.
  history.replaceState(null, "", location.pathname + location.hash);
  try {
    return { account, purpose: await account.finish(search), failed: "" };
  } catch (error) {
    return { account, purpose: null, failed: error instanceof Error ? error.message : "The login failed." };
  }
}
