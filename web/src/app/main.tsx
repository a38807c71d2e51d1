import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createRoot } from "react-dom/client";
import { createApi } from "../lib/api";
import { loadConfig } from "../lib/config";
import { retryDelay, shouldRetry } from "../lib/retry";
import { ServicesContext } from "../lib/services";
import { StoreProvider } from "../lib/store";
import { App } from "./App";
import "./base.css";

const client = new QueryClient({
  defaultOptions: { queries: { retry: shouldRetry, retryDelay, refetchOnWindowFocus: false } },
});
const config = await loadConfig();
const services = { config, api: createApi(config.endpoint) };

const root = document.getElementById("root");
if (root)
  createRoot(root).render(
    <QueryClientProvider client={client}>
      <ServicesContext value={services}>
        <StoreProvider>
          <App />
        </StoreProvider>
      </ServicesContext>
    </QueryClientProvider>,
  );
