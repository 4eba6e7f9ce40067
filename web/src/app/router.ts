/** Pages live under /app, where no route of the API is: the server answers all of it with the same page. */
import { Store, useStore } from "../api/store";

export const BASE = "/app";

export interface Place {
  /** Parts of the path after /app: ["agents", "threat-intelligence"]. */
  parts: string[];
  params: URLSearchParams;
}

const place = new Store<Place>(read());
window.addEventListener("popstate", () => place.set(read()));

export function parse(pathname: string, search: string): Place {
  const rest = pathname.startsWith(`${BASE}/`) ? pathname.slice(BASE.length + 1) : "";
  return { parts: rest.split("/").filter(Boolean).map(decoded), params: new URLSearchParams(search) };
}

/** Goes to a page by its path after /app, for instance `agents/client-health?client=c7`. */
export function go(to: string, how: "push" | "replace" = "push"): void {
  const href = hrefOf(to);
  if (how === "push") window.history.pushState(null, "", href);
  else window.history.replaceState(null, "", href);
  place.set(read());
  if (how === "push") window.scrollTo(0, 0);
}

export function hrefOf(to: string): string {
  return `${BASE}/${to.replace(/^\/+/, "")}`;
}

export function usePlace(): Place {
  return useStore(place);
}

/** A parameter of the address and its setter, which leaves the other parameters as they are. */
export function useParam(name: string, otherwise = ""): [string, (value: string) => void] {
  const { parts, params } = usePlace();
  const set = (value: string) => {
    const next = new URLSearchParams(read().params);
    if (value === otherwise) next.delete(name);
    else next.set(name, value);
    const query = next.toString();
    go(parts.map(encodeURIComponent).join("/") + (query ? `?${query}` : ""), "replace");
  };
  return [params.get(name) ?? otherwise, set];
}

/** For Cloudscape's `onFollow`: pages of the dashboard open without a load, the rest as links do. */
export function follow(event: CustomEvent<{ href?: string | undefined; external?: boolean }>): void {
  const { href, external } = event.detail;
  if (!href?.startsWith(`${BASE}/`) || external) return;
  event.preventDefault();
  go(href.slice(BASE.length + 1));
}

function read(): Place {
  return parse(window.location.pathname, window.location.search);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
