// Columns for drawing: curves cut into steps of epochs, no more than can be seen.

/* The values of one curve; what lies within goes into `seen`. */
export function column(curve, edges, frame, logLoss, picture, seen) {
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
export function slots(edges, outside) {
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
