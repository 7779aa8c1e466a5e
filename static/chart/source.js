// The losses of the run that an experiment was forked from or goes on from, to draw them over its
// own.

import * as api from "../base/api.js";
import {Curve} from "./curve.js";
import {columnsOf} from "./series.js";

const HEAD = 1000;  // epochs that are fetched one by one
const POINTS = 900; // of each further decade

export class Source {
    /* Run `run` of experiment `id`; the first epoch of its forks comes after its `epoch`. */
    constructor({id, run, epoch, title}, names) {
        Object.assign(this, {id, run, title, shift: epoch});
        this.series = Object.fromEntries(names.map((name) => [name, new Curve()]));
        this.fetched = null;
    }

    /* Asks for its losses, once; `onLosses` is called as they come. */
    fetch(onLosses) {
        this.fetched ??= this.decades(onLosses).catch(() => { this.fetched = null; });
        return this.fetched;
    }

    async decades(onLosses) {
        const {epoch: last} = await api.run(this.id, this.run);
        for (let low = 1, high = HEAD; low <= last; low = high + 1, high *= 10) {
            const points = high === HEAD ? HEAD : POINTS;
            const columns = await api.runEpochs(this.id, this.run, low, Math.min(high, last),
                                                points);
            for (const [name, curve] of Object.entries(this.series))
                curve.extend(columns.epoch, columnsOf(columns, name));
            onLosses();
        }
    }

    /* Its last epoch that is known. */
    last() {
        return this.series.loss.last();
    }

    /* What is known of its epoch, as of a run's; null where nothing is. */
    at(epoch, name = "loss") {
        return this.series[name].at(epoch);
    }
}
