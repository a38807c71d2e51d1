import { keepPreviousData, useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { ServiceError, type Answer, type Api } from "../../lib/api";
import type { Playlist } from "../../lib/playlist";
import { toRequest, type RecommendationsRequest } from "../../lib/request";
import { useApi } from "../../lib/useApi";
import { useStore } from "../../lib/store";

const ANOTHER_RELEASE = "urn:algorhythms:problem:cursor-of-another-release";

/**
 * The answer to the current playlist. The key of the query is the request itself, so an outdated answer belongs to
 * another query and can never replace a newer one; until the new one arrives, the old one stays.
 */
export function useRecommendations(playlist: Playlist) {
  const api = useApi();
  const { learn } = useStore();
  const client = useQueryClient();
  const request = useMemo(() => toRequest(playlist), [playlist]);
  const { count } = playlist.options;

  const query = useQuery({
    queryKey: [...keyOf(request), count],
    queryFn: async ({ signal }) => {
      const answer = await fetchUpTo(client, api, request ?? {}, count, signal);
      forgetOthers(client, answer.model_version);
      return answer;
    },
    enabled: request !== null,
    placeholderData: keepPreviousData,
    staleTime: Infinity,
  });
  // The last answer stays visible if the next request is refused.
  const [last, setLast] = useState<Answer>();
  if (query.data && query.data !== last) setLast(query.data);
  const answer = request === null ? undefined : (query.data ?? (query.isError ? last : undefined));
  const stale = query.isPlaceholderData || query.isError;

  useEffect(() => {
    if (!answer) return;
    learn(
      Object.fromEntries(
        [...answer.source_nodes, ...answer.recommendation_nodes].map((node) => [
          node.id,
          { title: node.track_name, artist: node.track_artist },
        ]),
      ),
    );
  }, [answer, learn]);

  return { ...query, answer, stale };
}

/** As text: an object would also match queries that contain it, so fewer songs would get the answer to more songs. */
function keyOf(request: RecommendationsRequest | null) {
  return ["recommendations", JSON.stringify(request)];
}

/** Drops answers of other releases, so that undoing a step requests a current one. */
function forgetOthers(client: QueryClient, release: string): void {
  client.removeQueries({
    queryKey: ["recommendations"],
    type: "inactive",
    predicate: ({ state }) => state.data !== undefined && (state.data as Answer).model_version !== release,
  });
}

/** The first `count` songs: from a longer answer in the cache, else by fetching what a shorter one lacks. */
async function fetchUpTo(
  client: QueryClient,
  api: Api,
  request: RecommendationsRequest,
  count: number,
  signal: AbortSignal,
): Promise<Answer> {
  const known = client
    .getQueriesData<Answer>({ queryKey: keyOf(request) })
    .map(([, answer]) => answer)
    .filter((answer) => answer !== undefined)
    .sort((one, other) => other.recommendation_nodes.length - one.recommendation_nodes.length);
  const longest = known[0];
  if (longest && longest.recommendation_nodes.length >= count) return cut(longest, count);
  if (longest?.cursor) {
    try {
      const missing = count - longest.recommendation_nodes.length;
      const next = await api.recommend({ ...request, count: missing, cursor: longest.cursor }, signal);
      return joined(longest, next);
    } catch (error) {
      if (!(error instanceof ServiceError && error.type === ANOTHER_RELEASE)) throw error;
    }
  }
  return api.recommend({ ...request, count, cursor: "" }, signal);
}

function cut(answer: Answer, count: number): Answer {
  const recommendation_nodes = answer.recommendation_nodes.slice(0, count);
  const ids = new Set(recommendation_nodes.map((node) => node.id));
  // Without the cursor, which continues the whole answer, not this beginning of it.
  return {
    ...answer,
    cursor: null,
    recommendation_nodes,
    edges: answer.edges.filter((edge) => ids.has(edge.target)),
  };
}

function joined(first: Answer, next: Answer): Answer {
  return {
    ...next,
    // The chance of an answer is that of its first songs.
    ...("chance" in first && { chance: first.chance }),
    recommendation_nodes: [...first.recommendation_nodes, ...next.recommendation_nodes],
    edges: [...first.edges, ...next.edges],
  };
}
