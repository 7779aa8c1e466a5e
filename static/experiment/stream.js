// One event stream for the page: live losses and states, resumed by itself after any break.
//
// EventSource reconnects after a lost connection, but gives up for good on any answer that is not a
// stream (503 under load, a proxy's error page); then this file opens a new one, after a pause
// that doubles and is never the same for two readers, with the id of the last event seen.

import * as api from "../base/api.js";

const PAUSE_MS = 1000;
const PAUSE_MAX_MS = 30000;
const SILENCE_MS = 45000; // the server says something every 15 s

/* listeners: onFloors(floors), onEpochs(frame), onVerdict(verdict), onState(change),
 * onConnection(true | false), onEnd(state), and onRetry() when a new stream is needed (the
 * experiment may have ended or be gone).
 * Returns a function that closes the stream. */
export function follow(id, listeners) {
    let source = null, timer = null, watchdog = null;
    let lastEventId = "", failures = 0, closed = false;

    const close = () => {
        closed = true;
        clearTimeout(timer);
        clearTimeout(watchdog);
        source?.close();
    };

    const heard = (event) => {
        lastEventId = event.lastEventId || lastEventId;
        failures = 0;
        listeners.onConnection(true);
        clearTimeout(watchdog);
        watchdog = setTimeout(retry, SILENCE_MS);
    };

    const retry = () => {
        source.close();
        clearTimeout(timer);
        clearTimeout(watchdog);
        const pause = Math.min(PAUSE_MS * 2 ** failures, PAUSE_MAX_MS) * (0.5 + Math.random());
        failures++;
        listeners.onRetry();
        timer = setTimeout(open, pause);
    };

    const on = (name, act) => source.addEventListener(name, (event) => {
        if (closed)
            return;
        heard(event);
        act(event);
    });

    const open = () => {
        source = api.events(id, lastEventId);
        source.onopen = () => listeners.onConnection(true);
        source.onerror = () => {
            if (closed)
                return;
            listeners.onConnection(false);
            if (source.readyState === EventSource.CLOSED)
                retry();
        };
        on("ping", () => {});
        on("reset", () => {}); // all comes again, and what is known already is skipped
        on("shutdown", () => listeners.onConnection(false));
        on("floors", (event) => listeners.onFloors(JSON.parse(event.data)));
        on("verdict", (event) => listeners.onVerdict(JSON.parse(event.data)));
        on("epochs", (event) => listeners.onEpochs(JSON.parse(event.data)));
        on("state", (event) => {
            const change = JSON.parse(event.data);
            if (change.run !== undefined) {
                listeners.onState(change);
                return;
            }
            close();
            listeners.onEnd(change.state);
        });
    };

    open();
    return close;
}
