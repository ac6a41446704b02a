// A stream of snapshots that comes back after anything: a restart, an error status, a silent line, a laptop's sleep.
const LOOK_EVERY_MS = 1000;
// The server speaks at least every five seconds.
const SILENT_AFTER_MS = 12000;
const AGAIN_AFTER_MS = 3000;

/** Calls `onSnapshot` with each message and `onTick(ms since the last message)` every second. */
export function follow(url, onSnapshot, onTick) {
  let source = null;
  let openedAt = 0;
  let heardAt = Date.now();

  function close() {
    if (source) source.close();
    source = null;
  }

  function open() {
    close();
    openedAt = Date.now();
    source = new EventSource(url);
    source.onmessage = (event) => {
      heardAt = Date.now();
      onSnapshot(JSON.parse(event.data));
    };
  }

  // A browser has six connections per server: a tab that nobody sees gives its own back.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) { close(); return; }
    heardAt = Date.now();
    open();
  });

  // Browsers try again after a lost connection, but never after an error status, and they do not notice silence.
  setInterval(() => {
    if (document.hidden) return;
    const now = Date.now();
    const over = !source || source.readyState === EventSource.CLOSED;
    const silent = now - Math.max(heardAt, openedAt) > SILENT_AFTER_MS;
    if (silent || (over && now - openedAt > AGAIN_AFTER_MS)) open();
    onTick(now - heardAt);
  }, LOOK_EVERY_MS);

  if (!document.hidden) open();
}
