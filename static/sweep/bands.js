// A sweep's losses over one axis: the median of each setting, and a band that holds four runs of
// five, over the starts.

import {svg} from "../base/element.js";
import {tick} from "../base/format.js";

const HEIGHT = 300;
const MARGIN = {left: 58, right: 14, top: 34, bottom: 40};
const DIGIT = 8, GAP = 6; // pixels, of a label's characters and between two labels
const LOG_FROM = 30; // a ratio between largest and smallest that wants a logarithmic axis

/* Places values on pixels from..to, by their logarithm where they spread far. */
function axis(values, from, to) {
    const low = Math.min(...values), high = Math.max(...values);
    const isLog = low > 0 && high / low > LOG_FROM;
    const place = isLog ? Math.log10 : (x) => x;
    const span = place(high) - place(low) || 1;
    return {at: (x) => from + (to - from) * (place(x) - place(low)) / span, isLog, low, high};
}

/* Round values within an axis, three to seven of them. */
function ticks({isLog, low, high}) {
    const round = [];
    if (isLog) {
        const factors = high / low > 1000 ? [1] : [1, 2, 5];
        for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++)
            round.push(...factors.map((factor) => factor * 10 ** power));
    } else {
        const wide = (high - low || 1) / 4, size = 10 ** Math.floor(Math.log10(wide));
        const step = size * (wide / size < 2 ? 1 : wide / size < 5 ? 2 : 5);
        for (let x = Math.ceil(low / step) * step; x <= high; x += step)
            round.push(Number(x.toPrecision(12)));
    }
    const inside = round.filter((x) => x >= low * (1 - 1e-9) && x <= high * (1 + 1e-9));
    return inside.filter((_, i) => i % Math.ceil(inside.length / 7) === 0);
}

/* Those whose labels have room beside each other, powers of ten before others of a logarithmic
 * axis: [{text, at}], the middle of each. */
function labelled(values, axis, width) {
    const isPower = (x) => Math.abs(Math.log10(x) - Math.round(Math.log10(x))) < 1e-9;
    const first = axis.isLog ? values.filter(isPower) : values;
    const placed = [];
    for (const value of [...first, ...values.filter((x) => !first.includes(x))]) {
        const text = tick(value), half = (text.length * DIGIT + GAP) / 2;
        const at = Math.min(axis.at(value), width - half);
        if (placed.every((other) => Math.abs(other.at - at) >= other.half + half))
            placed.push({text, at, half});
    }
    return placed;
}

const finite = (loss) => loss.median !== null;

/* A figure as wide as `width` pixels of `settings` as the server lists them, each with its `value`;
 * `what` the losses are, `name` the axis, `best` and `boundary` are the server's. Null when no
 * setting has a finite loss. */
export function bands({settings, best, boundary, name, what, width}) {
    const known = settings.filter(({loss}) => finite(loss));
    if (known.length === 0)
        return null;
    const x = axis(settings.map(({value}) => value), MARGIN.left, width - MARGIN.right);
    const losses = known.flatMap(({loss}) => [loss.q10, loss.median, loss.q90])
        .filter((loss) => loss !== null);
    const y = axis(losses, HEIGHT - MARGIN.bottom, MARGIN.top);
    const point = (value, loss) => `${x.at(value).toFixed(1)},${y.at(loss).toFixed(1)}`;
    const upper = known.map(({value, loss}) => point(value, loss.q90 ?? y.high));
    const lower = known.map(({value, loss}) => point(value, loss.q10)).reverse();
    const line = known.map(({value, loss}) => point(value, loss.median));
    return svg("svg", {class: "bands", viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT,
                       role: "img", "aria-label": `${what} by ${name}; the table has it all`},
        svg("text", {class: "number", x: 4, y: 12}, y.isLog ? `${what} (log scale)` : what),
        best && interval(x, best.interval),
        ticks(y).map((loss) => [
            svg("line", {class: "grid", x1: MARGIN.left, x2: width - MARGIN.right,
                         y1: y.at(loss), y2: y.at(loss)}),
            svg("text", {class: "number end", x: MARGIN.left - 8, y: y.at(loss) + 4}, tick(loss))]),
        labelled(ticks(x), x, width).map(({text, at}) => svg("text",
            {class: "number middle", x: at, y: HEIGHT - MARGIN.bottom + 18}, text)),
        svg("text", {class: "number end", x: width - MARGIN.right, y: HEIGHT - 4},
            x.isLog ? `${name} (log scale)` : name),
        svg("polygon", {class: "band", points: [...upper, ...lower].join(" ")}),
        svg("polyline", {class: "median", points: line.join(" ")}),
        known.map(({value, loss}) => svg("circle", {class: "dot", r: 2.5, cx: x.at(value),
                                                    cy: y.at(loss.median)})),
        boundary?.at && edge(x, boundary.at));
}

/* What lies within 5 % of the best. */
function interval(x, [from, to]) {
    const left = x.at(from) - 3, right = x.at(to) + 3;
    return svg("rect", {class: "best", x: left, width: right - left, y: MARGIN.top,
                        height: HEIGHT - MARGIN.bottom - MARGIN.top},
        svg("title", {}, "within 5 % of the lowest median"));
}

/* Where half of the runs break down. */
function edge(x, at) {
    return [svg("line", {class: "edge", x1: x.at(at), x2: x.at(at), y1: MARGIN.top,
                         y2: HEIGHT - MARGIN.bottom}),
            svg("text", {class: "number end", x: x.at(at) - 6, y: MARGIN.top - 6},
                "half collapse")];
}
