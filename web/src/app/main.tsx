import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createRoot } from "react-dom/client";
import { createApi } from "../lib/api";
import { loadConfig } from "../lib/config";
import { retryDelay, shouldRetry } from "../lib/retry";
import { StoreProvider } from "../lib/store";
import { ApiContext } from "../lib/useApi";
import { App } from "./App";
import { startSpotify } from "./startSpotify";
import "./base.css";

const client = new QueryClient({
  defaultOptions: { queries: { retry: shouldRetry, retryDelay, refetchOnWindowFocus: false } },
});
const config = loadConfig();
const endpoint = config.then(({ endpoint }) => endpoint);
const api = createApi(endpoint);
const spotify = startSpotify(config);

const root = document.getElementById("root");
if (root)
  createRoot(root).render(
    <QueryClientProvider client={client}>
      <ApiContext value={api}>
        <StoreProvider>
          <App spotifyStart={spotify} endpoint={endpoint} />
        </StoreProvider>
      </ApiContext>
    </QueryClientProvider>,
  );
