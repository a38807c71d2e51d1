/** What each deployment sets without a rebuild: the file `config.json` beside the page. */
export interface Config {
  /** The address of the service; "" is the page's own origin. */
  readonly endpoint: string;
  /** The public identifier of an application at Spotify; "" turns logging in off. */
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
    // Without the file, the page still works if it comes from the service itself.
    return { endpoint: "", spotifyClientId: "" };
  }
}
