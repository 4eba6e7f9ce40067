import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { Live } from "./live";

class FakeSocket {
  static made: FakeSocket[] = [];
  readyState = 1;
  sent: Record<string, unknown>[] = [];
  onopen = () => undefined as void;
  onclose = () => undefined as void;
  onmessage = (_: { data: string }) => undefined as void;
  constructor() {
    FakeSocket.made.push(this);
  }
  send(text: string): void {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }
  close(): void {
    this.onclose();
  }
  says(message: unknown): void {
    this.onmessage({ data: JSON.stringify(message) });
  }
}

const event = (id: string) => ({ id, type: "a.happened", subject: "s", time: "", topic: "jobs", mspid: "m", data: {} });
const last = () => FakeSocket.made.at(-1) as FakeSocket;

beforeEach(() => {
  vi.useFakeTimers();
  FakeSocket.made = [];
  vi.stubGlobal("WebSocket", { OPEN: 1 });
});
afterEach(() => vi.useRealTimers());

test("a line that breaks comes back by itself and asks for what it missed", () => {
  const live = new Live(() => new FakeSocket() as unknown as WebSocket);
  live.start("key");
  last().onopen();
  expect(last().sent[0]).toEqual({ action: "subscribe", topics: ["*"] });
  last().says({ type: "subscribed" });
  last().says(event("7"));
  last().close();
  expect(live.state.get()).toBe("lost");
  vi.advanceTimersByTime(400);
  last().onopen();
  expect(last().sent[0]).toMatchObject({ last_event_id: "7" });
  last().says({ type: "subscribed" });
  expect(live.state.get()).toBe("live");
  expect(FakeSocket.made.length).toBe(2);
});

test("an id too old to resume from is not asked for again", () => {
  const live = new Live(() => new FakeSocket() as unknown as WebSocket);
  live.start("key");
  last().onopen();
  last().says(event("7"));
  last().says({ type: "problem", problem: {} });
  last().close();
  vi.advanceTimersByTime(400);
  last().onopen();
  expect(last().sent[0]).toEqual({ action: "subscribe", topics: ["*"] });
});

test("a line that has gone silent is closed and opened anew", () => {
  const live = new Live(() => new FakeSocket() as unknown as WebSocket);
  live.start("key");
  last().onopen();
  vi.advanceTimersByTime(61_000);
  expect(FakeSocket.made.length).toBeGreaterThan(1);
});

test("nothing comes back once it was stopped, and what it heard is forgotten", () => {
  const live = new Live(() => new FakeSocket() as unknown as WebSocket);
  live.start("key");
  last().onopen();
  last().says(event("7"));
  live.stop();
  vi.advanceTimersByTime(60_000);
  expect(FakeSocket.made.length).toBe(1);
  expect(live.events.get()).toEqual([]);
});
