import { ServiceError } from "./api";

const TRIES = 20;

/** Only temporary failures are retried. */
export function shouldRetry(failures: number, error: Error): boolean {
  return error instanceof ServiceError && error.passing && failures < TRIES;
}

/** Milliseconds until the next try: what the service said, else longer each time. */
export function retryDelay(failures: number, error: Error | null): number {
  const said = error instanceof ServiceError ? error.retryAfter : null;
  return 1000 * Math.min(said ?? 2 ** Math.min(failures, 4), 60);
}
