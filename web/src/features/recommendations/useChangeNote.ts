import { useEffect, useRef, useState } from "react";
import type { Answer } from "../../lib/api";
import type { Step } from "../../lib/history";
import { effect } from "./effect";

/** What the last step did, said once its answer is there. */
export function useChangeNote(step: Step, answer: Answer | undefined, stale: boolean): string {
  const [note, setNote] = useState("");
  const seen = useRef<{ step: Step; answer: Answer } | null>(null);

  useEffect(() => {
    if (!answer) {
      seen.current = null;
      setNote("");
      return;
    }
    if (stale) return;
    const before = seen.current;
    seen.current = { step, answer };
    if (!before || before.step === step) return;
    setNote(effect(step, before.answer.recommendation_nodes, answer.recommendation_nodes));
  }, [step, answer, stale]);

  return note;
}
