// How a run or an experiment stands, in words with a sign.

import {element} from "./element.js";
import {count} from "./format.js";

const SIGNS = {queued: "\u25cb", running: "\u25d4", done: "\u2713", diverged: "\u25b2",
               cancelled: "\u25a0", failed: "\u2715"};

/* A state with its sign, in a word or in `text`. */
export function badge(state, text = state) {
    return element("span", {class: `state ${state}`},
        element("span", {"aria-hidden": "true"}, `${SIGNS[state] ?? "\u00b7"} `), text);
}

/* "3 done, 1 cancelled": `states` is the server's count of an experiment's runs by state. */
export function tally(states) {
    return Object.entries(states).map(([state, n]) => `${count(n)} ${state}`).join(", ");
}

/* An experiment's state; when all its runs have ended, how they did. */
export function standing({state, states}) {
    const ends = Object.entries(states);
    if (state !== "done")
        return badge(state);
    return ends.length === 1 ? badge(ends[0][0])
        : ends.map(([end, n], i) => [i > 0 && ", ", badge(end, `${count(n)} ${end}`)]);
}
