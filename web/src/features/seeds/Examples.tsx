import { useQuery } from "@tanstack/react-query";
import { Icon } from "../../lib/Icon";
import { useApi } from "../../lib/useApi";
import { useStore } from "../../lib/store";
import styles from "./Examples.module.css";

const NUMBER = 6;

/** For visitors without a song in mind: popular songs that this service knows. */
export function Examples() {
  const api = useApi();
  const { dispatch } = useStore();
  const { data, failureCount, fetchStatus } = useQuery({
    queryKey: ["examples"],
    // For an unknown song, the service recommends the most popular ones.
    queryFn: ({ signal }) =>
      api.recommend(
        { songs: [{ id: "algorhythms:example" }], count: NUMBER, max_per_artist: 1, terms: false },
        signal,
      ),
    staleTime: Infinity,
  });
  return (
    <div className={styles.examples} aria-busy={!data}>
      <p id="examples">Or begin with one of these:</p>
      {!data && fetchStatus === "paused" && <p role="status">You are offline.</p>}
      {!data && failureCount > 0 && (
        <p role="status">
          The service cannot be reached right now.{fetchStatus === "fetching" && " Retrying automatically."}
        </p>
      )}
      <ul aria-labelledby="examples">
        {data?.recommendation_nodes.map((song) => (
          <li key={song.id}>
            <button
              className={styles.example}
              onClick={() =>
                dispatch(
                  { type: "add", to: "seeds", keys: [song.id] },
                  { [song.id]: { title: song.track_name, artist: song.track_artist } },
                )
              }
            >
              <Icon name="more" />
              <span>
                <strong dir="auto">{song.track_name ?? song.id}</strong>
                <span dir="auto">{song.track_artist}</span>
              </span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
