/** Calls of the API. Every refusal comes as a `Refusal` that holds the problem document. */
import type { Config } from "./config";
import { session, signOut } from "./session";
import type { Problem } from "./types";

export class Refusal extends Error {
  constructor(readonly problem: Problem, readonly retryAfter: number | null = null) {
    super(problem.detail || problem.title);
  }
}

export interface Asked {
  body?: unknown;
  /** The body's media type where it is not JSON. */
  media?: string;
  query?: Record<string, string | number | boolean | null | undefined>;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** Another key than the session's: to try one out. */
  key?: string;
}

let config: Config = { api: "", socket: "" };
export const setConfig = (found: Config): void => void (config = found);
export const getConfig = (): Config => config;

/** The response, whatever its media type. Raises Refusal for 4xx and 5xx, and where nobody answers. */
export async function request(method: string, path: string, asked: Asked = {}): Promise<Response> {
  const url = new URL(config.api + path);
  for (const [name, value] of Object.entries(asked.query ?? {})) {
    if (value !== null && value !== undefined && value !== "") url.searchParams.set(name, String(value));
  }
  const key = asked.key ?? session.get().key;
  const headers: Record<string, string> = { ...asked.headers };
  if (key) headers["x-api-key"] = key;
  if (asked.body !== undefined) headers["content-type"] = asked.media ?? "application/json";
  const body = asked.body === undefined || asked.media ? (asked.body as BodyInit) : JSON.stringify(asked.body);
  let reply: Response;
  try {
    reply = await fetch(url, { method, headers, body: body ?? null, signal: asked.signal ?? null });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Refusal(unreachable());
  }
  if (reply.ok) return reply;
  const refusal = await refused(reply);
  if (reply.status === 401 && !asked.key) signOut("Your key is no longer valid. Enter with another one.");
  throw refusal;
}

export async function get<T>(path: string, asked: Asked = {}): Promise<T> {
  return (await (await request("GET", path, asked)).json()) as T;
}

/** A POST that may be sent again after a broken connection without being carried out twice. */
export async function post<T>(path: string, body: unknown, asked: Asked = {}): Promise<T> {
  const headers = { "idempotency-key": crypto.randomUUID(), ...asked.headers };
  return (await (await request("POST", path, { ...asked, body, headers })).json()) as T;
}

export async function remove<T>(path: string, asked: Asked = {}): Promise<T> {
  return (await (await request("DELETE", path, asked)).json()) as T;
}

async function refused(reply: Response): Promise<Refusal> {
  const after = Number(reply.headers.get("retry-after"));
  const problem = (await reply.json().catch(() => null)) as Partial<Problem> | null;
  const plain: Problem = {
    type: "about:blank",
    title: reply.statusText || `Status ${reply.status}`,
    status: reply.status,
    detail: "The reply did not say why. Try again; if it stays so, tell whoever runs this mesh.",
  };
  return new Refusal({ ...plain, ...problem }, Number.isFinite(after) && after > 0 ? after : null);
}

function unreachable(): Problem {
  return {
    type: "about:blank",
    title: "The mesh does not answer",
    status: 0,
    detail: "Check that it runs (./mesh up) and that you are connected, then try again.",
  };
}
