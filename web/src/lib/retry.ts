import { ServiceError } from "./api";

const TRIES = 20;

/** Only what may pass by itself is asked again. */
export function shouldRetry(failures: number, error: Error): boolean {
  return error instanceof ServiceError && error.passing && failures < TRIES;
}

/** As long as the service said, else longer and longer. */
export function retryDelay(failures: number, error: Error | null): number {
  const said = error instanceof ServiceError ? error.retryAfter : null;
  return 1000 * Math.min(said ?? 2 ** Math.min(failures, 4), 60);
}
