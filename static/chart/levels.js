// Levels: horizontal lines across the chart, each with its name; those out of range share a line at
// the edge.

const FONT = "11.5px system-ui, sans-serif";
const LINE = 15; // pixels from one name to the next

/* Draws levels [{value, label}] on uPlot's canvas. `ink` and `ground` are colours. */
export function drawLevels(plot, levels, ink, ground) {
    const {ctx, bbox} = plot;
    const r = devicePixelRatio, bottom = bbox.top + bbox.height;
    const placed = levels.map(({value, label}) => ({y: plot.valToPos(value, "y", true), label}));
    const within = placed.filter(({y}) => y >= bbox.top && y <= bottom);
    ctx.save();
    ctx.font = FONT.replace(/^[\d.]+/, (size) => size * r);
    ctx.textAlign = "left";
    ctx.textBaseline = "alphabetic";
    const width = bbox.width - 12 * r;
    const names = [
        atEdge(ctx, "\u25b2", placed.filter(({y}) => y < bbox.top), bbox.top, width),
        ...within.map(({y, label}) => ({y, name: label})),
        atEdge(ctx, "\u25bc", placed.filter(({y}) => !(y <= bottom)), bottom, width),
    ].filter(Boolean).sort((a, b) => a.y - b.y);
    drawLines(plot, within, ink);
    drawNames(ctx, names, spread(names, bbox.top + LINE * r, bottom - 3 * r, LINE * r),
              bbox.left + 6 * r, ink, ground);
    ctx.restore();
}

/* The names of those beyond an edge, as many as fit in `width`; null: there are none. */
function atEdge(ctx, sign, beyond, y, width) {
    if (beyond.length === 0)
        return null;
    const labels = beyond.map(({label}) => label);
    const write = (n) => `${sign} ${labels.slice(0, n).join(" \u00b7 ")}` +
                         (n < labels.length ? " \u2026" : "");
    let n = labels.length;
    while (n > 1 && ctx.measureText(write(n)).width > width)
        n--;
    return {y, name: write(n)};
}

function drawLines({ctx, bbox}, levels, ink) {
    const r = devicePixelRatio;
    ctx.lineWidth = r;
    ctx.setLineDash([2 * r, 4 * r]);
    ctx.strokeStyle = ink;
    for (const {y} of levels) {
        ctx.beginPath();
        ctx.moveTo(bbox.left, y);
        ctx.lineTo(bbox.left + bbox.width, y);
        ctx.stroke();
    }
    ctx.setLineDash([]);
}

/* Where the names' base lines go: above their lines, apart from each other, inside. */
function spread(names, top, bottom, line) {
    const at = names.map(({y}) => Math.min(Math.max(y - line / 4, top), bottom));
    for (let i = 1; i < at.length; i++)
        at[i] = Math.max(at[i], at[i - 1] + line);
    for (let i = at.length - 1, limit = bottom; i >= 0; i--, limit = at[i + 1] - line)
        at[i] = Math.min(at[i], limit);
    return at;
}

/* Each on a piece of the ground, so that a curve does not cross it out; on the left, where losses
 * are still high. */
function drawNames(ctx, names, at, left, ink, ground) {
    const r = devicePixelRatio;
    names.forEach(({name}, i) => {
        const width = ctx.measureText(name).width;
        ctx.globalAlpha = 0.75;
        ctx.fillStyle = ground;
        ctx.fillRect(left - 3 * r, at[i] - 11 * r, width + 6 * r, 14 * r);
        ctx.globalAlpha = 1;
        ctx.fillStyle = ink;
        ctx.fillText(name, left, at[i]);
    });
}
