import { useMemo } from "react";
import type { Recommendation } from "../../lib/api";
import { useStore } from "../../lib/store";
import type { useRecommendations } from "./useRecommendations";

/** Songs of the answer without those that the listener has used or banned since; they vanish at once. */
export function useVisible(result: ReturnType<typeof useRecommendations>): readonly Recommendation[] {
  const { playlist } = useStore();
  const { answer } = result;
  return useMemo(() => {
    if (!answer) return [];
    const taken = new Set([...playlist.seeds, ...playlist.kept, ...playlist.less, ...playlist.banned]);
    const banned = new Set(playlist.bannedArtists.map((artist) => artist.toLowerCase()));
    return answer.recommendation_nodes
      .filter((song) => !taken.has(song.id) && !banned.has((song.track_artist ?? "").toLowerCase()))
      .slice(0, playlist.options.count);
  }, [answer, playlist]);
}
