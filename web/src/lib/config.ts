/** What is set for each deployment without building anew: the file `config.json` beside the page. */
export interface Config {
  /** Where the service answers; "" is where the page comes from. */
  readonly endpoint: string;
  /** The public identifier of an application at Spotify; "" leaves everything about logging in away. */
  readonly spotifyClientId: string;
}

export async function loadConfig(): Promise<Config> {
  try {
    const response = await fetch("./config.json", { cache: "no-cache" });
    if (!response.ok) throw new Error(String(response.status));
    const file = (await response.json()) as Record<string, unknown>;
    const text = (name: string) => (typeof file[name] === "string" ? (file[name] as string).trim() : "");
    return { endpoint: text("endpoint").replace(/\/+$/, ""), spotifyClientId: text("spotify_client_id") };
  } catch {
    // Without the file the page still works where the service is.
    return { endpoint: "", spotifyClientId: "" };
  }
}
