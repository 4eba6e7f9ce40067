/** The socket: one line for the whole page, which comes back by itself and catches up by the last event's id. */
import { getConfig } from "./client";
import { Store } from "./store";
import type { MeshEvent } from "./types";

export type LineState = "off" | "connecting" | "live" | "lost";
type Listener = (event: MeshEvent) => void;

const KEPT = 200;
const PING_MS = 20_000;
const SILENT_MS = 45_000;
export const delays = [300, 700, 1500, 3000, 6000, 10_000];

export class Live {
  readonly state = new Store<LineState>("off");
  /** The latest events, newest first. */
  readonly events = new Store<MeshEvent[]>([]);
  private listeners = new Set<Listener>();
  private socket: WebSocket | null = null;
  private key: string | null = null;
  private lastId: string | undefined;
  private heardAt = 0;
  private tries = 0;
  private timer = 0;
  private pinging = 0;

  constructor(private open: (key: string) => WebSocket = opened) {}

  start(key: string): void {
    this.stop();
    this.key = key;
    this.connect();
    this.pinging = window.setInterval(() => this.ping(), PING_MS);
  }

  stop(): void {
    this.key = null;
    window.clearTimeout(this.timer);
    window.clearInterval(this.pinging);
    this.socket?.close();
    this.socket = null;
    this.lastId = undefined;
    this.events.set([]);
    this.state.set("off");
  }

  listen(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private connect(): void {
    if (!this.key) return;
    this.state.set(this.tries ? "lost" : "connecting");
    const socket = this.open(this.key);
    this.socket = socket;
    socket.onopen = () => {
      this.heardAt = Date.now();
      const resume = this.lastId ? { last_event_id: this.lastId } : {};
      socket.send(JSON.stringify({ action: "subscribe", topics: ["*"], ...resume }));
    };
    socket.onmessage = (message) => this.hear(JSON.parse(String(message.data)) as MeshEvent);
    socket.onclose = () => {
      if (this.socket === socket) this.again();
    };
  }

  private hear(said: MeshEvent): void {
    this.heardAt = Date.now();
    if (said.type === "subscribed") {
      this.tries = 0;
      this.state.set("live");
      return;
    }
    // An id too old to resume from: what was missed is read anew by whoever shows it.
    if (said.type === "problem") this.lastId = undefined;
    if (!said.id || !said.topic) return;
    this.lastId = said.id;
    this.events.set([said, ...this.events.get()].slice(0, KEPT));
    for (const listener of this.listeners) listener(said);
  }

  private again(): void {
    this.socket = null;
    this.state.set("lost");
    const wait = delays[Math.min(this.tries++, delays.length - 1)] ?? 10_000;
    this.timer = window.setTimeout(() => this.connect(), wait);
  }

  private ping(): void {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    // A line that died without a word is closed here; onclose opens the next one.
    if (Date.now() - this.heardAt > SILENT_MS) this.socket.close();
    else this.socket.send(JSON.stringify({ action: "ping" }));
  }
}

function opened(key: string): WebSocket {
  return new WebSocket(getConfig().socket, ["mesh.v1", `key.${key}`]);
}

export const live = new Live();
