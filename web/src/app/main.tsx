import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createRoot } from "react-dom/client";
import { createApi } from "../lib/api";
import { loadConfig } from "../lib/config";
import { retryDelay, shouldRetry } from "../lib/retry";
import { ServicesContext } from "../lib/services";
import { StoreProvider } from "../lib/store";
import { App, type SpotifyStart } from "./App";
import "./base.css";

const client = new QueryClient({
  defaultOptions: { queries: { retry: shouldRetry, retryDelay, refetchOnWindowFocus: false } },
});
const config = await loadConfig();
const services = { config, api: createApi(config.endpoint) };

/** Nothing of Spotify is loaded without an application's identifier. */
async function startSpotify(clientId: string): Promise<SpotifyStart | null> {
  if (clientId === "") return null;
  const [{ Account }, { isAnswer }] = await Promise.all([
    import("../features/spotify/account"),
    import("../features/spotify/login"),
  ]);
  const account = new Account(clientId);
  const { search } = location;
  if (!isAnswer(search)) return { account, login: { purpose: null, failed: "" } };
  // The code is for once; it stays neither in the address bar nor in the browser's history.
  history.replaceState(null, "", location.pathname + location.hash);
  try {
    return { account, login: { purpose: await account.finish(search), failed: "" } };
  } catch (error) {
    return {
      account,
      login: { purpose: null, failed: error instanceof Error ? error.message : "The login failed." },
    };
  }
}
const spotify = await startSpotify(config.spotifyClientId);

const root = document.getElementById("root");
if (root)
  createRoot(root).render(
    <QueryClientProvider client={client}>
      <ServicesContext value={services}>
        <StoreProvider>
          <App spotify={spotify} />
        </StoreProvider>
      </ServicesContext>
    </QueryClientProvider>,
  );
