// Finer epochs than the stream gave, fetched where the reader looks closely.
//
// The server keeps the first losses of a run one by one and then an envelope; what it has given as
// finely as it can is remembered, so that the page can say which it shows. Any losses of the
// envelope can be trained again, to the same bits.

import * as api from "../base/api.js";

const FINE = 1 / 400; // a point wider than this share of the axis is fetched again, finer
const POINTS = 900;   // per decade of epochs
const HEAD = 1000;    // epochs that are always fetched one by one

export const REPLAY_MAX = 20000; // epochs to train again at once

export class Detail {
    /* `losses` is the store of experiment `id`; onChange() is called after it has changed. */
    constructor(id, losses, onChange) {
        Object.assign(this, {id, losses, onChange});
        this.asked = new Set();
        this.envelopes = [];
        this.closed = false;
        this.turn = Promise.resolve();
    }

    close() {
        this.closed = true;
    }

    /* One after the other: a coarse answer must not replace a finer one asked for later. */
    inTurn(act) {
        const mine = this.turn.then(act);
        this.turn = mine.catch(() => {});
        return mine;
    }

    /* Asks for finer epochs where the points looked at are coarse; once for each stretch. While
     * runs go on only whole decades, whose epochs will not change, and which are few. */
    async refine(from, to, log, ended) {
        const reached = this.losses.reached();
        const end = Math.min(to, ended ? reached : decade(reached));
        if (Math.max(1, from) > end || !this.losses.coarse(Math.max(1, from), end, log, FINE))
            return;
        const [first, last] = this.losses.span(Math.max(1, from), end);
        const key = `${first}-${last}`;
        if (!this.asked.has(key)) {
            this.asked.add(key);
            await this.fetch(first, last);
        }
    }

    /* Fetches epochs by decades, so that either kind of axis has enough of them everywhere. */
    fetch(from, to) {
        return this.inTurn(() => this.decades(from, to));
    }

    async decades(from, to) {
        for (let low = 1, high = HEAD; low <= to && !this.closed; low = high + 1, high *= 10) {
            const first = Math.max(low, from), last = Math.min(high, to);
            if (first > last)
                continue;
            const points = high === HEAD ? HEAD : POINTS;
            const answer = await api.epochs(this.id, first, last, points).catch(() => null);
            for (const columns of answer?.runs ?? []) {
                this.losses.replace(columns.run, first, {...columns, epochs: columns.epoch});
                // Fewer buckets than asked for: these are the server's own.
                const asked = Math.min(points, last - first + 1);
                if (!columns.exact && columns.epoch.length <= asked / 2)
                    this.envelopes.push([first, last]);
            }
            this.onChange();
        }
    }

    /* True where the server keeps no more than is shown. */
    isFinest(from, to) {
        return this.envelopes.some(([first, last]) => first <= from && to <= last);
    }

    /* True when the last epochs of some run are not kept one by one. */
    async endsInEnvelope() {
        const last = this.losses.reached();
        const answer = last > HEAD && await api.epochs(this.id, last - HEAD + 1, last, HEAD)
            .catch(() => null);
        return answer ? !answer.exact : false;
    }

    /* Has the server train the epochs of some runs again, which gives every loss. Throws a Problem
     * when it will not. */
    replay(runs, from, to) {
        return this.inTurn(() => this.trainAgain(runs, from, to));
    }

    async trainAgain(runs, from, to) {
        const [first, last] = this.losses.span(from, to);
        for (const run of runs) {
            const end = Math.min(last, this.losses.curves[run].last());
            if (this.closed || end < first)
                continue;
            const columns = await api.replay(this.id, run, first, end);
            this.losses.replace(run, first, {...columns, epochs: columns.epoch});
            this.onChange();
        }
    }
}

/* The greatest of 1000, 10,000, ... that is not beyond `reached`; 0 before. */
function decade(reached) {
    return reached < HEAD ? 0 : HEAD * 10 ** Math.floor(Math.log10(reached / HEAD));
}
