import { createContext, useContext } from "react";
import type { Api } from "./api";

export const ApiContext = createContext<Api | null>(null);

/** The service, as the page was started with it. */
export function useApi(): Api {
  const api = useContext(ApiContext);
  if (!api) throw new Error("no ApiContext above");
  return api;
}
