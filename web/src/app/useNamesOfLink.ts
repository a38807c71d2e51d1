import { useQueries } from "@tanstack/react-query";
import { useEffect } from "react";
import { ServiceError } from "../lib/api";
import { namesOfKey } from "../lib/songs";
import { useApi } from "../lib/useApi";
import { useStore } from "../lib/store";

const AT_ONCE = 40;

/** Looks up names, which a link does not contain, of all songs but the seeds, whose names come with the answer. */
export function useNamesOfLink(): void {
  const api = useApi();
  const { playlist, names, learn } = useStore();
  const nameless = [...playlist.kept, ...playlist.less, ...playlist.banned]
    .filter((key) => names[key] === undefined && namesOfKey(key) === null)
    .slice(0, AT_ONCE);
  const { found, unknown } = useQueries({
    queries: nameless.map((key) => ({
      queryKey: ["track", key],
      queryFn: ({ signal }: { signal: AbortSignal }) => api.track(key, signal).catch(nullIfUnknown),
      staleTime: Infinity,
    })),
    combine: (results) => ({
      found: results.map(({ data }) => data).filter((track) => track !== undefined && track !== null),
      // Recorded as unknown, because otherwise they would keep the songs after them from being looked up.
      unknown: nameless.filter((_, index) => results[index]?.data === null),
    }),
  });
  useEffect(() => {
    if (found.length === 0 && unknown.length === 0) return;
    learn(
      Object.fromEntries([
        ...unknown.map((key) => [key, { title: null, artist: null }]),
        // The neighbours come with their names, so those among the listener's songs need not be looked up.
        ...found
          .flatMap((track) => track.neighbours)
          .map(({ id, track_name, track_artist }) => [id, { title: track_name, artist: track_artist }]),
        ...found.map((track) => [
          track.id,
          { title: track.track_name, artist: track.track_artist, playlists: track.playlists },
        ]),
      ]),
    );
  }, [found, unknown, learn]);
}

function nullIfUnknown(error: unknown): null {
  if (error instanceof ServiceError && error.status === 404) return null;
  throw error;
}
