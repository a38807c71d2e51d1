import { useEffect, useState } from "react";

/** Whether something has lasted longer than a moment. */
export function useLonger(on: boolean, milliseconds: number): boolean {
  const [longer, setLonger] = useState(false);
  useEffect(() => {
    if (!on) return;
    const timer = setTimeout(() => setLonger(true), milliseconds);
    return () => {
      clearTimeout(timer);
      setLonger(false);
    };
  }, [on, milliseconds]);
  return longer;
}
