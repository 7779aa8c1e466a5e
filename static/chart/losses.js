// The losses of all runs of one experiment, bounded whatever the epochs.
//
// Beyond a budget of points, neighbouring ranges of a curve are joined (never losing an extreme);
// the server, which has every epoch, is asked again when the reader zooms in.

import {Curve} from "./curve.js";

const POINTS_MAX = 400000; // over all runs
const POINTS_MIN = 4000;   // per run, however many runs there are

const number = (value) => value === null ? NaN : value;

export class Losses {
    constructor(nRuns) {
        this.budget = Math.max(POINTS_MIN, Math.floor(POINTS_MAX / nRuns));
        this.curves = Array.from({length: nRuns}, () => new Curve());
    }

    /* Adds the columns of a frame, {epochs, loss, min?, max?}; epochs already there are skipped. */
    append(run, columns) {
        const curve = this.curves[run];
        const {epochs, loss, min = loss, max = loss} = columns;
        for (let i = 0; i < epochs.length; i++) {
            if (epochs[i] > curve.last())
                curve.push(epochs[i], number(loss[i]), number(min[i]), number(max[i]));
            if (curve.n >= this.budget)
                curve.join();
        }
    }

    /* Puts finer columns, which begin at epoch `from`, in the place of what is known there. */
    replace(run, from, columns) {
        const old = this.curves[run];
        const fresh = new Curve();
        const copy = (i) => fresh.push(old.epoch[i], old.loss[i], old.min[i], old.max[i]);
        for (let i = 0; i < old.n && old.epoch[i] < from; i++)
            copy(i);
        const {epochs, loss, min = loss, max = loss} = columns;
        for (let i = 0; i < epochs.length; i++)
            fresh.push(epochs[i], number(loss[i]), number(min[i]), number(max[i]));
        for (let i = old.find(Math.max(fresh.last() + 1, from)); i < old.n; i++)
            copy(i);
        this.curves[run] = fresh;
    }

    /* What is known of a run at an epoch: {epoch, first, loss, min, max} of the range it lies in,
     * or null when the run has not come so far. */
    at(run, epoch) {
        const curve = this.curves[run];
        const i = curve.find(epoch);
        if (i === curve.n)
            return null;
        return {first: curve.start(i), epoch: curve.epoch[i], loss: curve.loss[i],
                min: curve.min[i], max: curve.max[i]};
    }

    /* First, last, lowest and highest loss so far, or null before the first epoch. The first is
     * null where only its range is known. */
    summary(run) {
        const curve = this.curves[run];
        if (curve.n === 0)
            return null;
        let best = Infinity, worst = -Infinity;
        for (let i = 0; i < curve.n; i++) {
            if (curve.min[i] < best)
                best = curve.min[i];
            if (curve.max[i] > worst)
                worst = curve.max[i];
        }
        return {epoch: curve.last(), first: curve.epoch[0] === 1 ? curve.loss[0] : null,
                last: curve.loss[curve.n - 1], best, worst};
    }

    /* The farthest epoch any run has reached. */
    reached() {
        return this.curves.reduce((most, curve) => Math.max(most, curve.last()), 0);
    }

    /* Epochs from..to widened to whole points, of whichever run has the widest there. */
    span(from, to) {
        const near = this.curves.filter((curve) => curve.find(from) < curve.n)
            .map((curve) => [curve.start(curve.find(from)),
                             curve.epoch[Math.min(curve.find(to), curve.n - 1)]]);
        return [Math.min(from, ...near.map(([first]) => first)),
                Math.max(...near.map(([, last]) => last))];
    }

    /* How many epochs the widest point between from and to stands for. */
    widest(from, to) {
        let most = 1;
        for (const curve of this.curves) {
            for (let i = curve.find(from); i < curve.n && curve.start(i) <= to; i++)
                most = Math.max(most, curve.epoch[i] - curve.start(i) + 1);
        }
        return most;
    }

    /* True when some point drawn between from and to stands for several epochs. */
    thinned(from, to) {
        return this.curves.some((curve) => {
            const i = curve.find(from), j = Math.min(curve.find(to), curve.n - 1);
            return j >= i && curve.epoch[j] - curve.start(i) > j - i;
        });
    }

    /* True when a point between from and to covers more than `share` of that part of the axis. */
    coarse(from, to, log, share) {
        const place = log ? Math.log : (x) => x;
        const wide = share * (place(to) - place(from));
        return this.curves.some((curve) => {
            const end = curve.find(to);
            for (let i = curve.find(from); i < curve.n && i <= end; i++) {
                const first = curve.start(i);
                if (first < curve.epoch[i] && place(curve.epoch[i]) - place(first) > wide)
                    return true;
            }
            return false;
        });
    }

    /* Columns for drawing epochs from..to in about `nBuckets` steps: {x, ys, low, high, above},
     * where each step keeps the lowest and highest loss of every run. `low` and `high` are the
     * extremes of the shown runs that the picture should `fit`, of positive losses only when
     * `logLoss`; `above` says which runs rise higher. */
    picture({from, to, nBuckets, logEpoch, logLoss, shown, fit = shown}) {
        const edges = bucketEdges(Math.max(1, Math.floor(from)), Math.ceil(to), nBuckets, logEpoch);
        const frame = slots(edges, this.outside(edges));
        const picture = {x: frame.x, ys: [], low: Infinity, high: -Infinity, zeros: false};
        const highs = this.curves.map((_, run) => {
            const seen = {low: Infinity, high: -Infinity};
            picture.ys.push(shown(run)
                ? this.column(run, edges, frame, logLoss, picture, seen) : []);
            if (fit(run)) {
                picture.low = Math.min(picture.low, seen.low);
                picture.high = Math.max(picture.high, seen.high);
            }
            return seen.high;
        });
        picture.above = highs.flatMap((high, run) => high > picture.high ? [run] : []);
        return picture;
    }

    /* The last epochs before and the first after the edges: lines run out of the picture. */
    outside(edges) {
        const before = new Set(), after = new Set();
        for (const curve of this.curves) {
            const i = curve.find(edges[0]), j = curve.find(edges[edges.length - 1]);
            if (i > 0)
                before.add(curve.epoch[i - 1]);
            if (j < curve.n)
                after.add(curve.epoch[j]);
        }
        const sorted = (set) => [...set].sort((a, b) => a - b);
        return {before: sorted(before), after: sorted(after)};
    }

    column(run, edges, frame, logLoss, picture, seen) {
        const curve = this.curves[run];
        const y = new Array(frame.x.length).fill(null);
        const put = (slot, value) => {
            if (Number.isNaN(value) || (logLoss && value <= 0)) {
                picture.zeros ||= value <= 0;
                return;
            }
            y[slot] = value;
        };
        const see = (value) => {
            if (value < seen.low && (value > 0 || !logLoss))
                seen.low = value;
            if (value > seen.high)
                seen.high = value;
        };
        let i = curve.find(edges[0]);
        if (i > 0)
            put(frame.before.get(curve.epoch[i - 1]), curve.loss[i - 1]);
        for (let k = 0; i < curve.n && k < edges.length - 1; k++) {
            if (curve.epoch[i] >= edges[k + 1])
                continue;
            let low = i, high = i;
            for (; i < curve.n && curve.epoch[i] < edges[k + 1]; i++) {
                if (curve.min[i] < curve.min[low] || Number.isNaN(curve.min[low]))
                    low = i;
                if (curve.max[i] > curve.max[high] || Number.isNaN(curve.max[high]))
                    high = i;
            }
            const falling = low > high || (low === high && (low === 0 ||
                curve.loss[low - 1] >= curve.loss[low]));
            const pair = falling ? [curve.max[high], curve.min[low]]
                : [curve.min[low], curve.max[high]];
            // A joined range ends in a step of one epoch: its other extreme goes one step before.
            const alone = frame.first[k] === frame.last[k] && pair[0] !== pair[1];
            put(frame.first[k] - (alone && k > 0 ? 1 : 0), pair[0]);
            put(frame.last[k], pair[1]);
            pair.forEach(see);
        }
        if (i < curve.n)
            put(frame.after.get(curve.epoch[i]), curve.loss[i]);
        return y;
    }
}

/* Whole epochs that cut from..to into at most n ranges, the last one past the end. */
export function bucketEdges(from, to, n, log) {
    const edges = [];
    const length = to - from + 1;
    if (length <= n) {
        for (let epoch = from; epoch <= to + 1; epoch++)
            edges.push(epoch);
        return edges;
    }
    for (let k = 0; k <= n; k++) {
        const place = log ? from * ((to + 1) / from) ** (k / n) : from + length * k / n;
        const edge = k === n ? to + 1 : Math.ceil(place - 1e-9);
        if (edges.length === 0 || edge > edges[edges.length - 1])
            edges.push(edge);
    }
    return edges;
}

/* The x values: one for a bucket of one epoch, else its first and its last epoch. */
function slots(edges, outside) {
    const frame = {x: [...outside.before], first: [], last: [],
                   before: new Map(), after: new Map()};
    outside.before.forEach((epoch, slot) => frame.before.set(epoch, slot));
    for (let k = 0; k + 1 < edges.length; k++) {
        frame.first.push(frame.x.length);
        frame.x.push(edges[k]);
        if (edges[k + 1] - edges[k] > 1)
            frame.x.push(edges[k + 1] - 1);
        frame.last.push(frame.x.length - 1);
    }
    for (const epoch of outside.after) {
        frame.after.set(epoch, frame.x.length);
        frame.x.push(epoch);
    }
    return frame;
}
