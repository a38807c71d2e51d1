import { activeSeeds, isEmpty, type Playlist, type SongKey } from "./playlist";
import { namesOfKey } from "./songs";
import type { components } from "./schema";

export type RecommendationsRequest = components["schemas"]["RecommendationsIn"];

/** What the service is asked, without how many and which page; null while there is nothing to begin with. */
export function toRequest(playlist: Playlist): RecommendationsRequest | null {
  if (isEmpty(playlist)) return null;
  const { options } = playlist;
  const seeds = activeSeeds(playlist);
  const silent = playlist.seeds.filter((key) => !seeds.includes(key));
  const tracks = [...playlist.kept, ...playlist.banned, ...silent].filter((key) => namesOfKey(key) === null);
  const title = playlist.title.trim();
  const exclude = {
    ...(tracks.length > 0 && { tracks }),
    ...(playlist.bannedArtists.length > 0 && { artists: [...playlist.bannedArtists] }),
  };
  return {
    ...(title !== "" && { title }),
    ...(seeds.length > 0 && { songs: seeds.map(song) }),
    ...(playlist.less.length > 0 && { negative: playlist.less.map(song) }),
    ...(Object.keys(exclude).length > 0 && { exclude }),
    ...(options.tastes && seeds.length > 1 && { tastes: "auto" as const }),
    ...(options.popularity !== 0 && { popularity: options.popularity }),
    ...(options.diversity !== 0 && { diversity: options.diversity }),
    ...(options.perArtist !== null && { max_per_artist: options.perArtist }),
    ...(options.collapse && { collapse_versions: true }),
    evidence: true,
    chance: true,
  };
}

function song(key: SongKey) {
  const names = namesOfKey(key);
  return names ? { name: names.title, artist: names.artist } : { id: key };
}
