/** What modules expect of a browser when they load, for tests that run without one. */
const kept = new Map<string, string>();
const storage = {
  getItem: (name: string) => kept.get(name) ?? null,
  setItem: (name: string, value: string) => void kept.set(name, value),
  removeItem: (name: string) => void kept.delete(name),
};
const place = { origin: "https://mesh.example", pathname: "/", search: "", hash: "" };
Object.assign(globalThis, {
  window: {
    localStorage: storage,
    sessionStorage: storage,
    location: place,
    addEventListener: () => undefined,
    setTimeout: (act: () => void, ms: number) => setTimeout(act, ms),
    clearTimeout: (timer: number) => clearTimeout(timer),
    setInterval: (act: () => void, ms: number) => setInterval(act, ms),
    clearInterval: (timer: number) => clearInterval(timer),
  },
});
