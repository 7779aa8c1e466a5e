// Pictures on a canvas: a heat map of a grid, or a line, with axes, points and a path.

import {element} from "../base/element.js";
import {tick} from "../base/format.js";

const LEFT = 58, RIGHT = 14, TOP = 10, BOTTOM = 44; // CSS pixels around the picture
const HEAT = [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]]; // viridis
const CLASSES = [[213, 94, 0], [0, 114, 178], [0, 158, 115], [204, 121, 167], [230, 159, 0],
                 [86, 180, 233], [148, 103, 189], [140, 86, 75]];

const mix = (a, b, share) => a.map((value, i) => Math.round(value + (b[i] - value) * share));
export const css = (colour) => `rgb(${colour.join(" ")})`;

/* A share from 0 to 1 as a colour, dark to light. */
export function heat(share) {
    const place = Math.min(Math.max(share, 0), 1) * (HEAT.length - 1);
    const i = Math.min(Math.floor(place), HEAT.length - 2);
    return mix(HEAT[i], HEAT[i + 1], place - i);
}

export const classColour = (k) => CLASSES[k % CLASSES.length];

/* The same towards the ground of the page: what is less sure is paler. */
export const paler = (colour, share, ground) => mix(ground, colour, share);

/* Round places for ticks between two values. */
export function ticks(from, to, wanted) {
    const raw = (to - from) / wanted, size = 10 ** Math.floor(Math.log10(raw));
    const step = size * ([1, 2, 5, 10].find((factor) => factor * size >= raw) ?? 10);
    const places = [];
    for (let i = Math.ceil(from / step); i * step <= to + step * 1e-9; i++)
        places.push(Number((i * step).toPrecision(12)));
    return places;
}

/* A canvas that is drawn anew when its place or the colours change. */
export class Plot {
    constructor(label) {
        this.canvas = element("canvas", {class: "plot", role: "img", "aria-label": label});
        this.readout = element("p", {class: "note readout"});
        this.host = element("div", {class: "plot-place"}, this.canvas, this.readout);
        this.picture = null;
        new ResizeObserver(() => this.draw()).observe(this.canvas);
        matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
        this.canvas.addEventListener("pointermove", (event) => this.point(event));
        this.canvas.addEventListener("pointerleave", () => this.read(""));
    }

    /* picture: {label, x: {name, from, to}, y: {name, from, to}, paint(plot), tell(x, y)};
     * paint draws between the axes, tell gives the words for a place. */
    show(picture) {
        this.picture = picture;
        this.canvas.setAttribute("aria-label", picture.label);
        this.draw();
    }

    read(text) {
        this.readout.textContent = text || "\u00a0";
    }

    point(event) {
        const {picture} = this;
        if (!picture?.tell)
            return;
        const box = this.canvas.getBoundingClientRect();
        const x = (event.clientX - box.left - LEFT) / this.width;
        const y = 1 - (event.clientY - box.top - TOP) / this.height;
        const inside = x >= 0 && x <= 1 && y >= 0 && y <= 1;
        this.read(inside ? picture.tell(at(picture.x, x), at(picture.y, y)) : "");
    }

    /* Pixels of a value along an axis. */
    px(x) {
        const {from, to} = this.picture.x;
        return LEFT + this.width * (x - from) / (to - from);
    }

    py(y) {
        const {from, to} = this.picture.y;
        return TOP + this.height * (1 - (y - from) / (to - from));
    }

    draw() {
        const {canvas, picture} = this, scale = devicePixelRatio || 1;
        const {clientWidth: width, clientHeight: height} = canvas;
        if (!picture || width < 100 || height < 100)
            return;
        Object.assign(canvas, {width: width * scale, height: height * scale});
        Object.assign(this, {width: width - LEFT - RIGHT, height: height - TOP - BOTTOM});
        const style = getComputedStyle(canvas), pen = canvas.getContext("2d");
        this.ink = style.getPropertyValue("--ink");
        this.quiet = style.getPropertyValue("--ink-quiet");
        this.hair = style.getPropertyValue("--hair");
        this.accent = style.getPropertyValue("--accent");
        this.ground = style.getPropertyValue("--surface");
        this.pen = pen;
        pen.setTransform(scale, 0, 0, scale, 0, 0);
        pen.clearRect(0, 0, width, height);
        pen.font = `12px ${style.fontFamily}`;
        this.axes();
        pen.save();
        pen.beginPath();
        pen.rect(LEFT, TOP, this.width, this.height);
        pen.clip();
        picture.paint(this);
        pen.restore();
        pen.strokeStyle = this.quiet;
        pen.strokeRect(LEFT - .5, TOP - .5, this.width + 1, this.height + 1);
    }

    axes() {
        const {pen, picture} = this, {x, y} = picture;
        pen.fillStyle = this.quiet;
        pen.strokeStyle = this.hair;
        pen.textAlign = "center";
        pen.textBaseline = "top";
        for (const value of ticks(x.from, x.to, this.width / 70)) {
            this.line([[value, y.from], [value, y.to]]);
            pen.fillText(tick(value), this.px(value), TOP + this.height + 6);
        }
        pen.fillText(x.name, LEFT + this.width / 2, TOP + this.height + 25, this.width);
        pen.textAlign = "right";
        pen.textBaseline = "middle";
        for (const value of ticks(y.from, y.to, this.height / 45)) {
            this.line([[x.from, value], [x.to, value]]);
            pen.fillText((y.tick ?? tick)(value), LEFT - 6, this.py(value));
        }
        pen.save();
        pen.translate(8, TOP + this.height / 2);
        pen.rotate(-Math.PI / 2);
        pen.textAlign = "center";
        pen.fillText(y.name, 0, 0, this.height);
        pen.restore();
    }

    /* --- what painters use --- */

    /* colours[j][i]: of the i-th place along x and the j-th along y. */
    cells(colours) {
        const rows = colours.length, columns = colours[0].length;
        const image = new ImageData(columns, rows), small = document.createElement("canvas");
        colours.forEach((row, j) => row.forEach((colour, i) =>
            image.data.set([...colour, 255], 4 * ((rows - 1 - j) * columns + i))));
        Object.assign(small, {width: columns, height: rows});
        small.getContext("2d").putImageData(image, 0, 0);
        this.pen.imageSmoothingEnabled = false;
        // The outer places stand on the edge: half of their cells lies outside.
        const dx = this.width / (columns - 1), dy = this.height / (rows - 1);
        this.pen.drawImage(small, LEFT - dx / 2, TOP - dy / 2, this.width + dx, this.height + dy);
    }

    line(points) {
        this.pen.beginPath();
        points.forEach(([x, y], i) => this.pen[i === 0 ? "moveTo" : "lineTo"](this.px(x),
            this.py(y)));
        this.pen.stroke();
    }

    /* A dot with a rim, so that it is seen on any colour. */
    dot(x, y, colour, size = 3.5) {
        const {pen} = this;
        pen.beginPath();
        pen.arc(this.px(x), this.py(y), size, 0, 2 * Math.PI);
        pen.fillStyle = colour;
        pen.fill();
        pen.strokeStyle = "#000";
        pen.lineWidth = 2;
        pen.stroke();
        pen.strokeStyle = "#fff";
        pen.lineWidth = 1;
        pen.stroke();
    }
}

const at = ({from, to}, share) => from + (to - from) * share;

/* The legend of a heat map: its ends in words between a strip of colours. */
export function strip(low, high) {
    const canvas = element("canvas", {class: "strip", width: 100, height: 1,
                                      "aria-hidden": "true"});
    const pen = canvas.getContext("2d");
    for (let i = 0; i < 100; i++) {
        pen.fillStyle = css(heat(i / 99));
        pen.fillRect(i, 0, 1, 1);
    }
    return element("p", {class: "note legend-strip"}, low, canvas, high);
}
