// The chart: lines over epochs, drawn by uPlot. Knows nothing of experiments.
//
// createChart(host, listeners) gives three calls: draw(picture), point(epoch), destroy().
// A picture is {title, titleX, x, lines: [{label, y, colour, dash, width}], marks: [{x, colour}],
// levels: [{value, label}], range: {x, y}, log: {x, y}}. listeners: onZoom({x, y} | null),
// onPoint(epoch | null), onNear(line | null).
// What is visible is always range, so new data never moves a zoom.

import {tick} from "../base/format.js";
import {drawLevels} from "./levels.js";

const FONT = "12px system-ui, sans-serif";

let uPlot = null;

/* The chart's library is part of the server; without it createChart gives null. */
async function load() {
    uPlot ??= (await import("../uplot/uPlot.esm.js").catch(() => ({default: null}))).default;
    return uPlot;
}

export async function createChart(host, listeners) {
    return await load() ? new Chart(host, listeners) : null;
}

class Chart {
    constructor(host, listeners) {
        this.host = host;
        this.listeners = listeners;
        this.plot = null;
        this.key = "";
        this.picture = null;
        this.resized = new ResizeObserver(() => this.plot?.setSize(this.size()));
        this.resized.observe(host);
        this.dark = matchMedia("(prefers-color-scheme: dark)");
        this.redraw = () => this.plot?.redraw(false);
        this.dark.addEventListener("change", this.redraw);
    }

    destroy() {
        this.resized.disconnect();
        this.dark.removeEventListener("change", this.redraw);
        this.plot?.destroy();
    }

    draw(picture) {
        this.picture = picture;
        const key = JSON.stringify([picture.title, picture.titleX, picture.log,
                                    picture.lines.map((l) => [l.label, l.colour, l.dash])]);
        const data = [picture.x, ...picture.lines.map((line) => line.y)];
        if (key !== this.key) {
            this.key = key;
            this.plot?.destroy();
            this.plot = new uPlot(this.options(picture), data, this.host);
            return;
        }
        this.plot.setData(data, false);
        this.plot.batch(() => {
            this.plot.setScale("x", limits(picture.range.x));
            this.plot.setScale("y", limits(picture.range.y));
        });
    }

    /* Puts the cursor on an epoch, as the mouse would; null takes it away. */
    point(epoch) {
        if (!this.plot)
            return;
        const left = epoch === null ? -10 : this.plot.valToPos(epoch, "x");
        this.plot.setCursor({left, top: epoch === null ? -10 : this.plot.over.clientHeight / 2});
        this.listeners.onPoint(epoch);
    }

    size() {
        return {width: Math.max(this.host.clientWidth, 200),
                height: Math.max(this.host.clientHeight, 160)};
    }

    options({title, titleX, lines, log}) {
        const scale = (name) => ({time: false, auto: false, distr: log[name] ? 3 : 1,
                                  range: () => this.picture.range[name]});
        return {
            ...this.size(),
            legend: {show: false},
            padding: [12, () => 10 + 4 * tick(this.picture.range.x[1]).length, 4, 0],
            focus: {alpha: 0.3},
            scales: {x: scale("x"), y: scale("y")},
            axes: [this.axis(titleX, log.x, 62, 28), this.axis(title, log.y, 36)],
            series: [{}, ...lines.map((line) => this.series(line))],
            cursor: {
                drag: {x: true, y: true, uni: 24, dist: 6, setScale: false},
                focus: {prox: 24},
                hover: {skip: [undefined, null]},
                points: {show: lines.length <= 40, size: 7, width: 2,
                         fill: () => variable(this.host, "--surface")},
                bind: {dblclick: () => () => this.listeners.onZoom(null)},
            },
            hooks: {
                setCursor: [(plot) => this.moved(plot)],
                setSelect: [(plot) => this.selected(plot)],
                setSeries: [(plot, i, change) => this.near(i, change)],
                draw: [(plot) => this.drawLevels(plot), (plot) => this.drawMarks(plot)],
                ready: [(plot) => this.followTouch(plot)],
            },
        };
    }

    series(line) {
        return {label: line.label, stroke: () => variable(this.host, line.colour),
                width: line.width,
                dash: line.dash, spanGaps: true, points: {size: 5}};
    }

    axis(label, log, room, size) {
        const ink = () => variable(this.host, "--ink-quiet");
        const hair = () => variable(this.host, "--hair");
        return {
            label: log ? `${label} (log scale)` : label, labelGap: 0, labelSize: 20, gap: 6,
            stroke: ink, font: FONT, labelFont: FONT,
            grid: {stroke: hair, width: 1}, ticks: {stroke: hair, width: 1, size: 5},
            size: size ?? ((plot, values) => 16 + 7 * Math.max(3, ...(values ?? [])
                .map((text) => text.length))),
            // Its own steps end at 1e16, and with one below 5 that is not its own it has no axis.
            incrs: (plot, index, min, max) => [Math.max(max - min, 5)],
            splits: (plot, index, min, max) => {
                const length = index === 0 ? plot.bbox.width : plot.bbox.height;
                return ticks(min, max, log, length / devicePixelRatio / room);
            },
            filter: (plot, splits) => splits,
            values: (plot, splits) => splits.map(tick),
        };
    }

    moved(plot) {
        const {left} = plot.cursor;
        if (left >= 0)
            this.listeners.onPoint(Math.round(plot.posToVal(left, "x")));
        else
            this.listeners.onPoint(null);
    }

    /* A finger that moves sideways takes the cursor along; a mouse is the library's own matter. */
    followTouch(plot) {
        plot.over.addEventListener("pointermove", (event) => {
            if (event.pointerType !== "mouse")
                this.point(Math.round(plot.posToVal(event.offsetX, "x")));
        });
    }

    near(i, change) {
        if (change.focus !== undefined)
            this.listeners.onNear(change.focus && i > 0 ? i - 1 : null);
    }

    selected(plot) {
        const {left, top, width, height} = plot.select;
        if (width <= 0 || height <= 0)
            return;
        const value = (at, scale) => plot.posToVal(at, scale);
        const whole = height >= plot.over.clientHeight - 1;
        plot.setSelect({left: 0, top: 0, width: 0, height: 0}, false);
        this.listeners.onZoom({
            x: width >= plot.over.clientWidth - 1 ? null
                : [value(left, "x"), value(left + width, "x")],
            y: whole ? null : [value(top + height, "y"), value(top, "y")],
        });
    }

    drawLevels(plot) {
        drawLevels(plot, this.picture.levels, variable(this.host, "--ink-quiet"),
                   variable(this.host, "--surface"));
    }

    /* A triangle on the upper edge where a loss stopped being finite. */
    drawMarks(plot) {
        const {ctx, bbox} = plot;
        const r = 6 * devicePixelRatio;
        for (const mark of this.picture.marks) {
            const x = plot.valToPos(mark.x, "x", true);
            if (x < bbox.left || x > bbox.left + bbox.width)
                continue;
            ctx.fillStyle = variable(this.host, mark.colour);
            ctx.beginPath();
            ctx.moveTo(x, bbox.top);
            ctx.lineTo(x - r, bbox.top + 1.7 * r);
            ctx.lineTo(x + r, bbox.top + 1.7 * r);
            ctx.fill();
        }
    }
}

const limits = ([min, max]) => ({min, max});

function variable(host, name) {
    return getComputedStyle(host).getPropertyValue(name).trim() || "gray";
}

/* Where an axis from `min` to `max` with place for about `n` labels has its ticks. */
export function ticks(min, max, log, n) {
    const decades = Math.log10(max / min);
    if (!log || decades < 0.9)
        return evenTicks(min, max, n);
    const perDecade = n / decades;
    const parts = perDecade >= 3 ? [1, 2, 5] : perDecade >= 2 ? [1, 3] : [1];
    const stride = Math.max(1, Math.ceil(1 / Math.max(perDecade, 0.05)));
    const found = [];
    for (let power = Math.floor(Math.log10(min)); power <= Math.ceil(Math.log10(max)); power++) {
        if (power % stride === 0)
            parts.forEach((part) => found.push(Number(`${part}e${power}`)));
    }
    return found.filter((value) => value >= min && value <= max);
}

function evenTicks(min, max, n) {
    const rough = (max - min) / Math.max(n, 1);
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = power * [1, 2, 5, 10].find((part) => part * power >= rough);
    const found = [];
    for (let k = Math.ceil(min / step); k * step <= max; k++)
        found.push(Number((k * step).toPrecision(12)));
    return found;
}
