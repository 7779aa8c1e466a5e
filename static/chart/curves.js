// The panel of the losses: the chart with its two axis switches, its legend, and the same losses
// as a table.

import {append, element, refill, setText} from "../base/element.js";
import {exact, short} from "../base/format.js";
import * as view from "../base/view.js";
import {createChart} from "./chart.js";
import {Legend, look, SOURCE} from "./legend.js";
import {Note} from "./note.js";
import {SeriesSwitch, dashOf, isAccuracy, shownOf, titleOf} from "./series.js";
import {Twin} from "./twin.js";

const LOG_AFTER = 30;   // a loss that falls this many times over is drawn on a log axis
const LOG_EPOCHS = 100; // as is an axis of this many epochs
const LOOK_MS = 200;

export class Curves {
    /* `losses` is the store; `runs` is [{label, exact, title}], one for each run; `heading` says
     * what the labels are; `epochs` the length of a run; `detail` gets what is looked at finer. */
    constructor(host, {losses, runs, heading, epochs, detail}) {
        Object.assign(this, {losses, runs, epochs, detail});
        this.chart = null;
        this.waiting = false;
        this.ended = false;
        this.lack = null;
        this.isBarren = false; // there will never be a loss
        this.diverged = [];
        this.levels = []; // [{value, label}] drawn across
        this.perSeries = runs.length;
        this.source = null; // of these runs, when it is known and still there
        this.cursor = null;
        this.build(host, heading);
    }

    async open() {
        this.chart = await createChart(this.host, {
            onZoom: (zoom) => this.zoom(zoom),
            onPoint: (epoch) => this.pointAt(epoch),
            onNear: (line) => this.legend.near(line === null ? null : line % this.perSeries),
        });
        if (!this.chart) {
            refill(this.host, element("p", {class: "missing"},
                "The chart was not built into this server; the table below has the losses."));
            this.twin.host.open = true;
        }
        if (this.closed)
            this.close();
        else
            this.draw();
    }

    close() {
        this.closed = true;
        cancelAnimationFrame(this.frame);
        clearTimeout(this.pause);
        clearTimeout(this.looking);
        this.chart?.destroy();
    }

    build(host, heading) {
        this.host = element("div", {
            class: "chart", tabindex: 0, role: "application", "aria-roledescription": "chart",
            "aria-label": "Loss by epoch. Arrow keys move the cursor, plus and minus zoom the " +
                "epochs, Escape shows everything. The same losses stand in the table below.",
            onkeydown: (event) => this.key(event),
        });
        const legend = element("div", {class: "legend"});
        this.legend = new Legend(legend, {heading, runs: this.runs,
                                          onToggle: (run) => this.toggle(run),
                                          onAll: (shown) => this.showAll(shown)});
        const button = (text, onclick) =>
            element("button", {type: "button", class: "quiet", onclick}, text);
        this.fit = button("Show everything", () => this.zoom(null));
        this.note = new Note(this.losses, this.detail, this.runs);
        this.twin = new Twin(this.losses, this.runs);
        this.lines = new SeriesSwitch(this.losses.names, (part) => this.change(part));
        this.tools = element("header", {class: "tools"}, this.lines.host,
            this.axisSwitch("y", "Loss"), this.axisSwitch("x", "Epochs"), this.levelsSwitch(),
            this.sourceSwitch(),
            element("p", {class: "zoom"}, button("Zoom in", () => this.grow(0.5)),
                button("Zoom out", () => this.grow(2)), this.fit));
        append(host, [
            this.tools,
            element("div", {class: "curves"}, this.host, legend),
            this.note.host, this.twin.host]);
    }

    axisSwitch(axis, title) {
        const choice = (value) => element("label", {},
            element("input", {type: "radio", name: `axis-${axis}`, value,
                              onchange: () => this.change({[axis]: value, zoom: null})}), value);
        const field = element("fieldset", {class: "switch"}, element("legend", {}, title),
            choice("linear"), choice("log"));
        this.switches = {...this.switches, [axis]: field};
        return field;
    }

    levelsSwitch() {
        const box = element("input", {type: "checkbox", checked: view.read().levels,
                                      onchange: () => this.change({levels: box.checked})});
        this.levelsBox = element("label", {class: "check"}, box, "Floors");
        return this.levelsBox;
    }

    sourceSwitch() {
        const box = element("input", {type: "checkbox", checked: view.read().source,
            onchange: () => this.change({source: box.checked, zoom: null})});
        this.sourceBox = element("label", {class: "check", hidden: true}, box,
            "Source\u2019s losses");
        return this.sourceBox;
    }

    /* The run that these come from can be drawn with them. */
    offer(source) {
        this.source = source;
        this.sourceBox.hidden = false;
        this.sourceBox.title = source.shift > 0
            ? `Of ${source.title}; the epochs here are counted on from its`
            : `Of ${source.title}`;
        this.draw();
    }

    // --- what is shown ---------------------------------------------------------------------

    /* The view in the address, with what it leaves open filled in. */
    view() {
        const {x, y, zoom, hide, allDigits, levels, source} = view.read();
        const shown = shownOf(this.losses.names);
        const share = isAccuracy(shown[0]);
        return {x: x ?? (this.epochs >= LOG_EPOCHS ? "log" : "linear"),
                y: y ?? (share ? "linear" : this.yAxis(source && this.source)),
                zoom, hide, allDigits,
                levels: levels && !share, shown, quantity: share ? "accuracy" : "loss",
                source: source ? this.source : null};
    }

    /* Log once the losses span decades; it does not go back while they are looked at. */
    yAxis(source) {
        for (let run = 0; !this.spans && run < this.runs.length; run++) {
            const seen = this.losses.summary(run);
            if (!seen || !(seen.best > 0))
                continue;
            this.low = Math.min(this.low ?? Infinity, seen.best);
            this.high = Math.max(this.high ?? 0, seen.worst);
            this.spans = this.high > LOG_AFTER * this.low;
        }
        const {low, high} = source ? source.series.loss.extremes() : {};
        return this.spans || low > 0 && high > LOG_AFTER * low ? "log" : "linear";
    }

    change(part) {
        view.note(part);
        this.draw();
    }

    zoom(zoom) {
        const {x, y} = zoom ?? {};
        const before = view.read().zoom;
        this.change({zoom: zoom && {x: x ?? before?.x ?? null, y: y ?? null}});
    }

    toggle(run) {
        const {hide} = view.read();
        if (!hide.delete(run))
            hide.add(run);
        this.change({hide});
    }

    showAll(shown) {
        this.change({hide: new Set(shown ? [] : this.runs.keys())});
    }

    /* Shows `share` of the epochs shown now, around the cursor, or the middle without one. */
    grow(share) {
        const now = this.view();
        const [from, to] = this.range(now);
        const log = now.x === "log" && from > 0;
        const middle = log ? Math.sqrt(from * to) : (from + to) / 2;
        const at = this.cursor >= from && this.cursor <= to ? this.cursor : middle;
        const x = log ? [at * (from / at) ** share, at * (to / at) ** share]
            : [at + (from - at) * share, at + (to - at) * share];
        const whole = this.range({...now, zoom: null});
        this.zoom(x[0] <= whole[0] && x[1] >= whole[1] ? null : {y: null, x});
    }

    key(event) {
        const now = this.view();
        const [from, to] = this.range(now);
        const at = this.cursor ?? Math.ceil(from);
        const step = Math.max(1, Math.round(now.x === "log" ? at * 0.05 : (to - from) / 100));
        const act = {
            ArrowRight: () => this.chart?.point(Math.min(at + step, Math.floor(to))),
            ArrowLeft: () => this.chart?.point(Math.max(at - step, Math.ceil(from), 1)),
            "+": () => this.grow(0.5),
            "-": () => this.grow(2),
            Escape: () => this.zoom(null),
        }[event.key];
        if (act && !event.ctrlKey && !event.metaKey && !event.altKey) {
            event.preventDefault();
            act();
        }
    }

    /* The epochs shown: while runs go on all they will have, then as many as there are. */
    range({zoom, x, source}) {
        const end = Math.max((this.ended && this.losses.reached() || this.epochs) +
                             shiftOf(source), source?.last() ?? 0, 2);
        const whole = [x === "log" || end < 10 ? 1 : 0, end];
        const part = zoom?.x && [Math.max(zoom.x[0], whole[0]), Math.min(zoom.x[1], end)];
        return part && part[0] < part[1] ? part : whole;
    }

    // --- drawing ---------------------------------------------------------------------------

    /* Draws at the next frame, however often it is asked for; with so many runs that a drawing
     * takes long, less often, so that the page stays quick to use. */
    draw() {
        if (this.waiting)
            return;
        const frame = () => {
            this.frame = requestAnimationFrame(() => {
                const begun = performance.now();
                this.waiting = false;
                this.drawNow();
                this.rest = begun + 3 * (performance.now() - begun);
            });
        };
        this.waiting = true;
        const pause = (this.rest ?? 0) - performance.now();
        if (pause > 20)
            this.pause = setTimeout(frame, pause);
        else
            frame();
    }

    drawNow() {
        const now = this.view();
        this.fit.hidden = !now.zoom;
        for (const part of [this.tools, this.host.parentElement, this.twin.host])
            part.hidden = this.isBarren;
        this.levelsBox.hidden = this.levels.length === 0 || now.quantity !== "loss";
        this.host.dataset.levels = (now.levels ? this.levels : []).map(({label}) => label)
            .join("; ");
        this.lines.draw(now.shown);
        setText(this.switches.y.querySelector("legend"),
                now.quantity === "loss" ? "Loss" : "Accuracy");
        this.host.parentElement.classList.toggle("wide", now.allDigits || now.shown.length > 1);
        this.host.dataset.points = this.losses.curves.reduce((sum, curve) => sum + curve.n, 0);
        for (const axis of ["x", "y"])
            this.switches[axis].querySelector(`[value=${now[axis]}]`).checked = true;
        now.source?.fetch(() => this.draw());
        this.perSeries = this.runs.length + (now.source ? 1 : 0);
        const [from, to] = this.range(now), shift = shiftOf(now.source);
        const picture = this.losses.picture({
            source: now.source,
            fit: this.fitting(now),
            from, to, series: now.shown,
            nBuckets: buckets(this.host.clientWidth, this.perSeries * now.shown.length),
            logEpoch: now.x === "log", logLoss: now.y === "log",
            shown: (run) => !now.hide.has(run)});
        const dressed = this.dressed(picture, now, [from, to]);
        this.host.dataset.x = dressed.titleX;
        this.chart?.draw(dressed);
        this.drawLegend(now);
        this.note.draw({picture, from: from - shift, to: to - shift, fits: !now.zoom?.y,
                        ended: this.ended, lack: this.lack,
                        shown: [...this.runs.keys()].filter((run) => !now.hide.has(run))});
        this.twin.draw(now.source);
        this.looking ??= setTimeout(() => this.look(), LOOK_MS);
    }

    /* Tells what is looked at now. */
    look() {
        this.looking = null;
        const now = this.view();
        const [from, to] = this.range(now).map((epoch) => epoch - shiftOf(now.source));
        this.detail.refine(Math.floor(from), Math.ceil(to), now.x === "log", this.ended);
    }

    /* Which runs the loss axis makes room for: a diverged one would leave none for the others. */
    fitting({hide}) {
        const away = new Set(this.diverged.map((mark) => mark.run));
        const some = this.runs.some((_, run) => !hide.has(run) && !away.has(run));
        return (run) => !hide.has(run) && !(some && away.has(run));
    }

    dressed(picture, now, rangeX) {
        const n = this.perSeries, {shown} = now, shift = shiftOf(now.source);
        return {
            title: now.quantity,
            titleX: shift > 0 ? "epoch since the source\u2019s start" : "epoch",
            x: picture.x,
            lines: picture.ys.map((y, k) => this.line(y, k % n, shown[Math.floor(k / n)],
                                                      shown.length > 1)),
            levels: now.levels ? this.levels : [],
            marks: this.diverged.filter((mark) => !now.hide.has(mark.run))
                .map((mark) => ({x: mark.epoch + shift,
                                 colour: look(mark.run, this.runs.length).colour})),
            range: {x: rangeX, y: now.zoom?.y ?? roomy(picture, now.y === "log")},
            log: {x: now.x === "log", y: now.y === "log"},
        };
    }

    /* The line of a run and series: the runs' dashes make way when they tell series apart. */
    line(y, run, name, several) {
        if (run === this.runs.length)
            return {...SOURCE, y, dash: several ? dashOf(name) : SOURCE.dash,
                    label: `${this.source.title}, ${titleOf(name)}`};
        const own = look(run, this.runs.length);
        return {...own, y, dash: several ? dashOf(name) : own.dash,
                label: several ? `${this.runs[run].title}, ${titleOf(name)}`
                    : this.runs[run].title};
    }

    drawLegend(now) {
        const {cursor, losses} = this, {source} = now;
        const own = cursor === null ? null : cursor - shiftOf(source);
        const at = (run) => own ?? losses.curves[run].last();
        this.legend.draw(cursor, own, now.hide,
            this.runs.map((_, run) => now.shown.map((name) => losses.at(run, at(run), name))),
            now.shown.map(titleOf), now.allDigits ? exact : short);
        this.legend.drawSource(source, source &&
            now.shown.map((name) => source.at(cursor ?? source.last(), name)), cursor,
            now.allDigits ? exact : short);
    }

    pointAt(epoch) {
        const now = this.view();
        const reached = Math.max(this.losses.reached() + shiftOf(now.source),
                                 now.source?.last() ?? 0);
        this.cursor = epoch === null || this.losses.reached() === 0 ? null
            : Math.min(Math.max(epoch, 1), reached);
        this.drawLegend(now);
    }
}

/* How many epochs of the source, where it is drawn, come before the first one here. */
const shiftOf = (source) => source?.shift ?? 0;

/* A bucket a pixel, but not more than can be drawn in a moment. */
const buckets = (width, nRuns) => Math.max(100, Math.min(width, 1200, Math.floor(100000 / nRuns)));

/* The range of the losses with a little air. */
function roomy({low, high}, log) {
    if (!(low <= high))
        return log ? [0.1, 10] : [0, 1];
    if (log) {
        const air = high > low ? (high / low) ** 0.06 : 1.05;
        return [low / air, high * air];
    }
    const air = (high - low) * 0.06 || Math.abs(high) * 0.1 || 1;
    return [low >= 0 ? Math.max(low - air, 0) : low - air, high + air];
}
