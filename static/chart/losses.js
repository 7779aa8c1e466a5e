// The series of all runs of one experiment, bounded whatever the epochs.
//
// Every series has a curve for each run; those of a run have the same points, since what the server
// tells of epochs it tells of all their series.
//
// Beyond a budget of points, neighbouring ranges of a curve are joined (never losing an extreme);
// the server, which has every epoch, is asked again when the reader zooms in.

import {bucketEdges, column, slots} from "./columns.js";
import {Curve, number} from "./curve.js";
import {columnsOf} from "./series.js";

const POINTS_MAX = 400000; // over all runs and series
const POINTS_MIN = 4000;   // per run, however many runs there are

export class Losses {
    /* `names` are the series there are, the loss first. */
    constructor(nRuns, names = ["loss"]) {
        this.names = names;
        this.budget = Math.max(POINTS_MIN, Math.floor(POINTS_MAX / nRuns / names.length));
        this.series = Object.fromEntries(names.map((name) =>
            [name, Array.from({length: nRuns}, () => new Curve())]));
        this.curves = this.series.loss;
    }

    /* Adds the columns of a frame, {epochs, loss, min?, max?, ...}; epochs already there are
     * skipped. */
    append(run, columns) {
        for (const name of this.names) {
            const told = columnsOf(columns, name);
            this.series[name][run].extend(columns.epochs, told, this.budget);
        }
    }

    /* Puts finer columns, which begin at epoch `from`, in the place of what is known there. */
    replace(run, from, columns) {
        for (const name of this.names) {
            const told = columnsOf(columns, name);
            if (told)
                this.series[name][run] =
                    replaced(this.series[name][run], from, columns.epochs, told);
        }
    }

    /* What is known of a run at an epoch: {epoch, first, loss, min, max} of the range it lies in,
     * or null when the run has not come so far. */
    at(run, epoch, name = "loss") {
        return this.series[name][run].at(epoch);
    }

    /* First, last, lowest and highest loss so far, or null before the first epoch. The first is
     * null where only its range is known. */
    summary(run) {
        const curve = this.curves[run];
        if (curve.n === 0)
            return null;
        const {low: best, high: worst} = curve.extremes();
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

    /* Columns for drawing epochs from..to of `series` in about `nBuckets` steps: {x, ys, low, high,
     * above}, where each step keeps the lowest and highest loss of every run; ys has those of all
     * runs in the first series, then in the next. `low` and `high` are the
     * extremes of the shown runs that the picture should `fit`, of positive losses only when
     * `logLoss`; `above` says which runs rise higher. A `source` is drawn behind the runs of each
     * series; the runs' first epoch then comes after its `shift`th. */
    picture({from, to, nBuckets, logEpoch, logLoss, shown, fit = shown, series = ["loss"],
             source = null}) {
        const edges = bucketEdges(Math.max(1, Math.floor(from)), Math.ceil(to), nBuckets, logEpoch);
        const place = (curve) => source?.shift > 0 ? curve.moved(source.shift) : curve;
        const placed = series.map((name) => this.series[name].map(place));
        const frame = slots(edges, outside(edges, [...placed[0],
                                                   ...source ? [source.series.loss] : []]));
        const picture = {x: frame.x, ys: [], low: Infinity, high: -Infinity, zeros: false};
        const highs = this.curves.map(() => -Infinity);
        placed.forEach((curves, k) => {
            curves.forEach((curve, run) => {
                const seen = {low: Infinity, high: -Infinity};
                picture.ys.push(shown(run)
                    ? column(curve, edges, frame, logLoss, picture, seen) : []);
                if (fit(run)) {
                    picture.low = Math.min(picture.low, seen.low);
                    picture.high = Math.max(picture.high, seen.high);
                }
                highs[run] = Math.max(highs[run], seen.high);
            });
            if (source)
                picture.ys.push(column(source.series[series[k]], edges, frame, logLoss, picture,
                                       picture));
        });
        picture.above = highs.flatMap((high, run) => high > picture.high ? [run] : []);
        return picture;
    }
}

/* The last epochs of the curves before and the first after the edges: lines run out of the
 * picture. */
function outside(edges, curves) {
    const before = new Set(), after = new Set();
    for (const curve of curves) {
        const i = curve.find(edges[0]), j = curve.find(edges[edges.length - 1]);
        if (i > 0)
            before.add(curve.epoch[i - 1]);
        if (j < curve.n)
            after.add(curve.epoch[j]);
    }
    const sorted = (set) => [...set].sort((a, b) => a - b);
    return {before: sorted(before), after: sorted(after)};
}

/* A curve with finer points from epoch `from` on in the place of its own. */
function replaced(old, from, epochs, {loss, min, max}) {
    const fresh = new Curve();
    const copy = (i) => fresh.push(old.epoch[i], old.loss[i], old.min[i], old.max[i]);
    for (let i = 0; i < old.n && old.epoch[i] < from; i++)
        copy(i);
    for (let i = 0; i < epochs.length; i++)
        fresh.push(epochs[i], number(loss[i]), number(min[i]), number(max[i]));
    for (let i = old.find(Math.max(fresh.last() + 1, from)); i < old.n; i++)
        copy(i);
    return fresh;
}
