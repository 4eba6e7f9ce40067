import type { InputProps } from "@cloudscape-design/components/input";
import { useEffect, useRef, type RefObject } from "react";

/** For the field that a dialog begins at: Cloudscape's dialogs begin at their close button, whatever asks for it. */
export function useStart(): RefObject<InputProps.Ref> {
  const field = useRef<InputProps.Ref>(null);
  useEffect(() => {
    const timer = window.setTimeout(() => field.current?.focus(), 0);
    return () => window.clearTimeout(timer);
  }, []);
  return field;
}
