import { useEffect, useState } from "react";
import { ServiceError, type Answer } from "../../lib/api";
import { useStore } from "../../lib/store";
import { list } from "../../lib/words";
import { useLonger } from "../../lib/useLonger";
import { retryDelay } from "../../lib/retry";
import {
  failureInWords,
  isGuess,
  limitsInWords,
  noticeInWords,
  refusalInWords,
  waitingInWords,
} from "../../lib/inWords";
import type { useRecommendations } from "./useRecommendations";
import styles from "./States.module.css";

type Result = ReturnType<typeof useRecommendations>;

/** Placeholders for the first answer while it is awaited. */
export function Skeleton({ count }: { count: number }) {
  return (
    <div className={styles.skeleton}>
      <p className="visually-hidden" role="status">
        Looking through the playlists…
      </p>
      {Array.from({ length: count }, (_, index) => (
        <div key={index} aria-hidden="true" />
      ))}
    </div>
  );
}

/** Why the page is waiting: a slow answer, no network, or a retry. The current list stays meanwhile. */
export function Waiting({ result }: { result: Result }) {
  const slow = useLonger(result.isFetching && result.failureCount === 0, 2500);
  const retrying = result.isFetching && result.failureCount > 0;
  const left = useCountdown(
    retrying ? result.failureCount : 0,
    retryDelay(result.failureCount - 1, result.failureReason),
  );
  const askNow = (
    <button className="text-button" onClick={() => void result.refetch()}>
      Try now
    </button>
  );
  if (result.fetchStatus === "paused")
    return (
      <p className={styles.message} role="status">
        You are offline. Your playlist is safe; it continues when you are back online.
      </p>
    );
  if (retrying) {
    const status = result.failureReason instanceof ServiceError ? result.failureReason.status : 0;
    return (
      <p className={styles.message} role="status">
        {waitingInWords(status)}{" "}
        <span aria-hidden="true">{left > 0 ? `Retrying in ${left}\u00a0s.` : "Retrying…"}</span>
        <span className="visually-hidden">Retrying automatically.</span> {askNow}
      </p>
    );
  }
  if (slow)
    return (
      <p className={styles.message} role="status">
        This is taking longer than usual. There is nothing you need to do.
      </p>
    );
  return null;
}

/** A failure that a retry would not change. */
export function Failure({ result }: { result: Result }) {
  const { history, playlist, names, undo } = useStore();
  if (!result.isError) return null;
  const { error } = result;
  const status = error instanceof ServiceError ? error.status : 0;
  return (
    <div className={styles.message} role="alert" data-bad>
      <p>
        <strong>{failureInWords(status)}</strong>{" "}
        {error instanceof ServiceError ? refusalInWords(error, playlist, names) : error.message}
      </p>
      <p className={styles.buttons}>
        <button className="button" onClick={() => void result.refetch()}>
          Try again
        </button>
        {history.past.length > 0 && (
          <button className="button" onClick={undo}>
            Undo the last step
          </button>
        )}
      </p>
    </div>
  );
}

/** What the service has to say about its answer. */
export function Notices({ answer, stale }: { answer: Answer; stale: boolean }) {
  const { playlist } = useStore();
  const [release, setRelease] = useState({ seen: answer.model_version, renewed: false });
  if (release.seen !== answer.model_version) setRelease({ seen: answer.model_version, renewed: true });

  const codes = new Set(answer.notices.map((notice) => notice.code));
  const notices = answer.notices.filter(
    ({ code }) =>
      !stale &&
      code !== "unknown_fields" &&
      // The other notice already says that the title is unknown.
      !(code === "unknown_title" && codes.has("popular_tracks")),
  );
  const limits = limitsInWords(playlist);
  const shown = answer.recommendation_nodes.length;
  return (
    <div className={styles.notices} role="status">
      {notices.map((notice) => (
        <p key={notice.code} className={styles.message} data-code={notice.code}>
          {noticeInWords(notice, shown, playlist.options.count)}
          {notice.code === "fewer_than_asked" && limits.length > 0 && ` That is with ${list(limits)}.`}
        </p>
      ))}
      {!stale && isGuess(answer.chance) && (
        <p className={styles.message} data-code="guess">
          Few playlists are like this one, so these songs are guesses. More songs to begin with may help.
        </p>
      )}
      {release.renewed && (
        <p className={styles.quiet}>
          The music data was updated while you were here, so the list may have changed a little.{" "}
          <button className="text-button" onClick={() => setRelease({ ...release, renewed: false })}>
            All right
          </button>
        </p>
      )}
    </div>
  );
}

function useCountdown(attempt: number, delay: number): number {
  const [left, setLeft] = useState(0);
  useEffect(() => {
    if (attempt === 0) return;
    const end = Date.now() + delay;
    const tick = () => setLeft(Math.max(0, Math.ceil((end - Date.now()) / 1000)));
    tick();
    const timer = setInterval(tick, 250);
    return () => clearInterval(timer);
  }, [attempt, delay]);
  return left;
}
