import { createContext, useContext } from "react";
import type { Api } from "./api";
import type { Config } from "./config";

/** What the page was started with. */
interface Services {
  readonly api: Api;
  readonly config: Config;
}

export const ServicesContext = createContext<Services | null>(null);

export function useServices(): Services {
  const services = useContext(ServicesContext);
  if (!services) throw new Error("no ServicesContext above");
  return services;
}
