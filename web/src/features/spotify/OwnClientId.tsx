import { useId, useState } from "react";
import { Account } from "./account";
import { keepClientId, ownClientId } from "./clientId";
import { redirectUri } from "./login";
import styles from "./Spotify.module.css";

/** Where the page is set up without an application at Spotify, a listener may use one of their own. */
export default function OwnClientId({ onAccount }: { onAccount: (account: Account | null) => void }) {
  const [kept, setKept] = useState(ownClientId);
  const [id, setId] = useState(kept);
  const [said, setSaid] = useState("");
  const field = useId();
  const use = (id: string) => {
    if (id !== "" && !/^[0-9a-f]{32}$/i.test(id))
      return setSaid("A client id is 32 digits and letters from a to f.");
    try {
      keepClientId(id);
    } catch {
      return setSaid("The browser stores nothing for this page, so it cannot log in at Spotify.");
    }
    setSaid(id === "" ? "It is forgotten." : "It is used until you close this tab.");
    setKept(id);
    onAccount(id === "" ? null : new Account(id));
  };
  return (
    <details className={styles.own}>
      <summary>Connect Spotify yourself</summary>
      <p>
        This page is not connected with Spotify. If you have an application at{" "}
        <a href="https://developer.spotify.com/dashboard" target="_blank" rel="noreferrer">
          developer.spotify.com
        </a>
        , enter this there as its redirect URI, and its client id here. The client id is no secret.
      </p>
      <p>
        <code>{redirectUri()}</code>
      </p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          use(id.trim());
        }}
      >
        <label htmlFor={field}>Client id</label>
        <input
          id={field}
          value={id}
          maxLength={64}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => setId(event.target.value)}
        />
        <button className="button" disabled={id.trim() === "" && kept === ""}>
          {id.trim() === "" && kept !== "" ? "Forget it" : "Use it"}
        </button>
      </form>
      <p role="status">{said}</p>
    </details>
  );
}
