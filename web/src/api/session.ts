/** Who is in: the key, kept for this tab or, if the person says so, on this computer. */
import { Store } from "./store";

const NAME = "mesh.key";

export interface Tenant {
  msp_id: string;
  name: string;
  simulated: boolean;
}

export const session = new Store<{ key: string | null; tenant: Tenant | null; ended: string }>({
  key: window.sessionStorage.getItem(NAME) ?? window.localStorage.getItem(NAME),
  tenant: null,
  ended: "",
});

export function signIn(key: string, keep: boolean): void {
  forget();
  (keep ? window.localStorage : window.sessionStorage).setItem(NAME, key);
  session.set({ key, tenant: null, ended: "" });
}

/** `ended` says why, where it was not the person's own wish. */
export function signOut(ended = ""): void {
  forget();
  session.set({ key: null, tenant: null, ended });
}

function forget(): void {
  window.localStorage.removeItem(NAME);
  window.sessionStorage.removeItem(NAME);
}
