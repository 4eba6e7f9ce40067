/** The one-time link that `./mesh up` prints: `/#enter=CODE`. Only a mesh on this computer takes the code. */
import { post } from "../api/client";
import { session } from "../api/session";

export function codeIn(hash: string): string | null {
  return new URLSearchParams(hash.replace(/^#/, "")).get("enter");
}

/** Takes the code out of the address, so that it stays neither there nor in the history. */
export function forgetCode(): void {
  window.history.replaceState(null, "", window.location.pathname + window.location.search);
}

/** A key for the code; null, with the reason told on the page, where the code was used or is another's. */
export async function exchanged(code: string): Promise<string | null> {
  try {
    return (await post<{ key: string }>("/app/enter", { code }, { key: "" })).key;
  } catch {
    if (!session.get().key) {
      const ended = "That link was used before. The terminal in which the mesh runs has a fresh one.";
      session.set({ key: null, tenant: null, ended });
    }
    return null;
  }
}
