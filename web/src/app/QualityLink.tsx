import { use } from "react";

/** What was measured of the service is a page of its own; who asks for it as a browser gets it to read. */
export function QualityLink({ endpoint }: { endpoint: Promise<string> }) {
  return (
    <a href={`${use(endpoint)}/quality`} target="_blank" rel="noreferrer">
      How good is it?
    </a>
  );
}
