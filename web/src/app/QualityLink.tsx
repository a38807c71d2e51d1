import { use } from "react";

/** A link to the service's evaluation, which browsers get as a page. */
export function QualityLink({ endpoint }: { endpoint: Promise<string> }) {
  return (
    <a href={`${use(endpoint)}/quality`} target="_blank" rel="noreferrer">
      How good is it?
    </a>
  );
}
