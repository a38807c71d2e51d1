import { useState } from "react";
import type { Answer } from "../../lib/api";
import type { History, Step } from "../../lib/history";
import { effect } from "./effect";

/** A sentence on what the last step did, once its answer has arrived. */
export function useChangeNote(history: History, answer: Answer | undefined, stale: boolean): string {
  const step = history.present;
  const [seen, setSeen] = useState<{ step: Step; answer: Answer | undefined; note: string }>({
    step,
    answer: undefined,
    note: "",
  });
  if (!stale && (seen.step !== step || seen.answer !== answer)) {
    const before = seen.answer?.recommendation_nodes;
    const after = answer?.recommendation_nodes;
    // Another answer to the same step leaves the note as it is.
    const undone = history.future.includes(seen.step);
    const note =
      seen.step === step
        ? seen.note
        : undone
          ? `Undone: ${seen.step.label}.`
          : before && after
            ? effect(step, before, after)
            : "";
    setSeen({ step, answer, note });
  }
  return answer ? seen.note : "";
}
