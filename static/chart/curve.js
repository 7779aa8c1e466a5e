// The losses of one run: points in typed arrays, in the order of their epochs.
//
// A point is the last epoch of a range that begins after the point before it, with the loss of that
// epoch and the lowest and highest loss of the range. A range of one epoch is exact. Losses that
// are not finite are NaN.

const EXACT_HEAD = 1000; // the first points are never joined: a log axis shows each of them

export const number = (value) => value === null ? NaN : value;

export class Curve {
    constructor() {
        this.n = 0;
        this.first = 1;
        this.allocate(256);
    }

    allocate(size) {
        for (const name of ["epoch", "loss", "min", "max"]) {
            const grown = new Float64Array(size);
            if (this[name])
                grown.set(this[name].subarray(0, this.n));
            this[name] = grown;
        }
    }

    /* Adds columns {loss, min, max} at these epochs, of which some may be known already, and joins
     * points when there are more than `budget`; null adds nothing. */
    extend(epochs, told, budget = Infinity) {
        for (let i = 0; told && i < epochs.length; i++) {
            if (epochs[i] > this.last())
                this.push(epochs[i], number(told.loss[i]), number(told.min[i]),
                          number(told.max[i]));
            if (this.n >= budget)
                this.join();
        }
    }

    push(epoch, loss, min, max) {
        if (this.n === this.epoch.length)
            this.allocate(2 * this.n);
        this.put(this.n++, epoch, loss, min, max);
    }

    put(i, epoch, loss, min, max) {
        this.epoch[i] = epoch;
        this.loss[i] = loss;
        this.min[i] = min;
        this.max[i] = max;
    }

    last() {
        return this.n === 0 ? 0 : this.epoch[this.n - 1];
    }

    /* First epoch of the range of point i. */
    start(i) {
        return i === 0 ? this.first : this.epoch[i - 1] + 1;
    }

    /* The first point at or after `epoch`; n when there is none. */
    find(epoch) {
        let low = 0, high = this.n;
        while (low < high) {
            const middle = (low + high) >> 1;
            if (this.epoch[middle] < epoch)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    /* What is known at an epoch: {epoch, first, loss, min, max} of the range it lies in, or null
     * where there is none. */
    at(epoch) {
        const i = this.find(epoch);
        if (i === this.n || epoch < this.first)
            return null;
        return {first: this.start(i), epoch: this.epoch[i], loss: this.loss[i],
                min: this.min[i], max: this.max[i]};
    }

    /* The lowest and the highest loss. */
    extremes() {
        let low = Infinity, high = -Infinity;
        for (let i = 0; i < this.n; i++) {
            if (this.min[i] < low)
                low = this.min[i];
            if (this.max[i] > high)
                high = this.max[i];
        }
        return {low, high};
    }

    /* The same losses `by` epochs later; it shares them, and ends where this one ends now. */
    moved(by) {
        const other = Object.assign(Object.create(Curve.prototype), this);
        other.first = this.first + by;
        other.epoch = this.epoch.map((epoch) => epoch + by);
        return other;
    }

    /* Halves the number of points after the exact head; the last point stays as it is. */
    join() {
        const last = this.n - 1;
        let kept = EXACT_HEAD;
        for (let i = EXACT_HEAD; i <= last; kept++) {
            const j = i + 1 < last ? i + 1 : i;
            const min = Math.min(this.min[i], this.min[j]);
            const max = Math.max(this.max[i], this.max[j]);
            this.put(kept, this.epoch[j], this.loss[j], min, max);
            i = j + 1;
        }
        this.n = kept;
    }
}
