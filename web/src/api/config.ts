/** Where the API and the socket are: the page's own origin, or what `config.json` says. */
export interface Config {
  api: string;
  socket: string;
}

export async function readConfig(): Promise<Config> {
  const own: Config = { api: "", socket: "" };
  try {
    const reply = await fetch("/config.json", { cache: "no-cache" });
    return reply.ok ? settled((await reply.json()) as Partial<Config>) : settled(own);
  } catch {
    return settled(own);
  }
}

/** Addresses without a slash at the end; empty ones stand for the page's own origin. */
export function settled(given: Partial<Config>, origin = window.location.origin): Config {
  const api = (given.api || origin).replace(/\/+$/, "");
  return { api, socket: given.socket || `${api.replace(/^http/, "ws")}/ws` };
}
